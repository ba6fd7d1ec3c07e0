import type { Effect, Step } from "../events.ts";
import type { Model, Page, PageKind } from "../model.ts";

/** What stands above a page. */
const TITLES: Readonly<Record<PageKind, string>> = {
  help: "Keys",
  log: "log",
  egress: "Egress",
  diff: "diff",
  policy: "policy",
  why: "why",
  words: "",
  item: "what waits",
};

/** Opens a page; `bottle` null: of all. What it shows is loaded, unless the model has it. */
export function openPage(model: Model, kind: PageKind, bottle: string | null): Step {
  const title =
    bottle === null ? (kind === "egress" ? "Egress, all bottles" : TITLES[kind]) : `${bottle}: ${TITLES[kind]}`;
  const known = kind === "help" || kind === "egress" || kind === "item";
  const page: Page = {
    kind,
    bottle,
    title,
    lines: [],
    top: 0,
    follow: kind === "egress" || kind === "log",
    filter: "",
    loading: !known,
  };
  const effects: readonly Effect[] = known ? [] : [{ do: "load", kind, bottle }];
  return [{ ...model, page }, effects];
}
