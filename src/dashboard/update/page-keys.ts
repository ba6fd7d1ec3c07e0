import { type Step, say } from "../events.ts";
import type { Model, Page, PageKind } from "../model.ts";
import { pageLines, pageRows } from "../page-lines.ts";
import { openPage } from "./page.ts";
import { openPrompt } from "./prompt.ts";

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
  switch (key) {
    case "q":
    case "esc":
    case "left":
      return [{ ...model, page: null }, []];
    case "ctrl-c":
      return [model, [{ do: "quit" }]];
    case "j":
    case "down":
      return to(now + 1);
    case "k":
    case "up":
      return to(now - 1);
    case "ctrl-d":
      return to(now + Math.ceil(rows / 2));
    case "ctrl-u":
      return to(now - Math.ceil(rows / 2));
    case "space":
    case "pagedown":
      return to(now + rows);
    case "pageup":
      return to(now - rows);
    case "g":
    case "home":
      return to(0);
    case "G":
    case "end":
      return to(most);
    case "f":
      return [{ ...model, page: { ...page, top: now, follow: !page.follow } }, []];
    case "/":
      return [openPrompt(model, "page-filter", { text: page.filter }), []];
    case "r":
      return page.kind === "words" ? [model, []] : openPage(model, page.kind, page.bottle);
    case "?":
      return page.kind === "help" ? [{ ...model, page: null }, []] : openPage(model, "help", null);
    case "y":
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
