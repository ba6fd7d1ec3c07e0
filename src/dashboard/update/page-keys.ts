import { actionOf } from "../../core/model/dashboard-keys.ts";
import { type Step, say } from "../events.ts";
import type { Model, Page, PageKind } from "../model.ts";
import { pageLines, pageRows } from "../page-lines.ts";
import { openPage } from "./page.ts";
import { openPrompt } from "./prompt.ts";
import { viewKey } from "./views.ts";

/** A key while a page is open. */
export function pageKey(model: Model, page: Page, key: string): Step {
  const rows = pageRows(model);
  const count = pageLines(model, page).length;
  const most = Math.max(0, count - rows);
  const now = page.follow ? most : Math.min(page.top, most);
  const to = (top: number): Step => {
    const next = Math.min(most, Math.max(0, top));
    // At the end of what grows it goes on with it.
    const follow = page.follow && next === most;
    return [{ ...model, page: { ...page, top: next, follow } }, []];
  };
  if (key === "esc") return [{ ...model, page: null }, []];
  if (key === "ctrl-c") return [model, [{ do: "quit" }]];
  const action = actionOf(model.keys, "page", key);
  const other = viewKey(model, action);
  if (other !== null) return other;
  switch (action) {
    case "back":
      return [{ ...model, page: null }, []];
    case "down":
      return to(now + 1);
    case "up":
      return to(now - 1);
    case "half-down":
      return to(now + Math.ceil(rows / 2));
    case "half-up":
      return to(now - Math.ceil(rows / 2));
    case "more":
    case "page-down":
      return to(now + rows);
    case "page-up":
      return to(now - rows);
    case "top":
      return to(0);
    case "bottom":
      return to(most);
    case "follow":
      return [{ ...model, page: { ...page, top: now, follow: !page.follow } }, []];
    case "filter":
      return [openPrompt(model, "page-filter", { text: page.filter }), []];
    case "reload":
      return page.kind === "words" ? [model, []] : openPage(model, page.kind, page.bottle);
    case "help":
      return page.kind === "help" ? [{ ...model, page: null }, []] : openPage(model, "help", null);
    case "copy":
      return [say(model, "copied: what this page shows"), [{ do: "copy", text: pageLines(model, page).join("\n") }]];
    default:
      return [model, []];
  }
}

/** The page with what was loaded for it; what was closed meanwhile stays closed. */
export function withLines(model: Model, kind: PageKind, bottle: string | null, lines: readonly string[]): Model {
  const { page } = model;
  if (page === null || page.kind !== kind || page.bottle !== bottle) return model;
  return { ...model, page: { ...page, lines, loading: false } };
}
