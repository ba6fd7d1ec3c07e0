import { keyOf } from "../../core/model/dashboard-keys.ts";
import { type Step, say } from "../events.ts";
import type { Kept, Model, Page, Theme } from "../model.ts";
import { bottleOf } from "../rows.ts";
import { openForm } from "./form-keys.ts";
import { nextNeed } from "./needs.ts";
import { openPage } from "./page.ts";

/** Verbs that only look, and print at once. */
const LOOKS = ["ls", "approvals", "audit", "cost", "info", "archive", "doctor", "diff", "why", "plan", "logs", "help"];
/** Verbs that want a terminal, or that never end. */
const ELSEWHERE = ["attach", "exec", "dashboard", "wait", "edit", "init"];
const ENDLESS = ["-f", "--follow", "-w", "--watch"];
const THEMES: readonly string[] = ["dark", "light", "none"] satisfies readonly Theme[];

/** What was typed behind `:`. Words of the dashboard first, else they are those of `bottle`, and what it prints is shown. */
export function command(model: Model, text: string): Step {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  const [verb = "", ...rest] = words;
  const bottle = rest[0] ?? model.cursor;
  switch (verb) {
    case "":
      return [model, []];
    case "q":
    case "quit":
      return [model, [{ do: "quit" }]];
    case "help":
      if (rest.length === 0) return openPage(model, "help", null);
      break;
    case "new":
      return openForm(model, false);
    case "approvals":
      if (rest.length === 0) return nextNeed(model);
      break;
    case "egress":
      if (rest[0] !== undefined && bottleOf(model, rest[0]) === null) return unknown(model, rest[0]);
      return openPage(model, "egress", rest[0] ?? null);
    case "log":
    case "policy":
      if (bottle === null || bottleOf(model, bottle) === null) return unknown(model, bottle ?? "nothing");
      return openPage(model, verb, bottle);
    case "theme": {
      const [theme = ""] = rest;
      if (!THEMES.includes(theme)) return [say(model, `:theme takes ${THEMES.join(", ")}`, true), []];
      const kept: Kept = { ...model.kept, theme: theme as Theme };
      return [{ ...model, kept }, [{ do: "save", kept }]];
    }
  }
  if (rest.some((word) => ENDLESS.includes(word))) {
    return [say(model, "that would never end: leave the following out", true), []];
  }
  if (ELSEWHERE.includes(verb))
    return [
      say(model, `${verb} wants a terminal of its own: it has a key here, see ${keyOf(model.keys, "help")}`, true),
      [],
    ];
  if (model.readOnly && (!LOOKS.includes(verb) || rest.some((word) => !isLook(word)))) {
    return [say(model, "read-only: this dashboard only looks", true), []];
  }
  const title = `bottle ${words.join(" ")}`;
  const page: Page = {
    kind: "words",
    bottle: null,
    title,
    lines: [],
    top: 0,
    follow: false,
    filter: "",
    loading: true,
  };
  return [{ ...model, page, busy: model.busy + 1 }, [{ do: "run", words, purpose: { for: "words", title } }]];
}

/** `archive prune`, `doctor --fix` act. */
function isLook(word: string): boolean {
  return !["prune", "restore", "--fix", "--seen"].includes(word);
}

function unknown(model: Model, name: string): Step {
  return [say(model, `no bottle is called ${name}`, true), []];
}
