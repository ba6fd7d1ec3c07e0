import type { Model, Page } from "../model.ts";
import { pageLines, pageRows } from "../page-lines.ts";
import { type Line, span, type Tone } from "../spans.ts";
import { headLine } from "./list.ts";

/** A page below its title. */
export function pageView(model: Model, page: Page): readonly Line[] {
  const rows = pageRows(model);
  const all = pageLines(model, page);
  const most = Math.max(0, all.length - rows);
  const top = page.follow ? most : Math.min(page.top, most);
  const shown = all.slice(top, top + rows);
  const place = all.length === 0 ? "nothing" : `${top + 1}-${top + shown.length} of ${all.length}`;
  const filter = page.filter === "" ? "" : `, /${page.filter}`;
  const title = `${page.title}, ${place}${filter}${page.follow ? ", follows" : ""}`;
  return [headLine(title, null, model.columns), ...shown.map((line): Line => [span(` ${line}`, toneOf(page, line))])];
}

function toneOf({ kind }: Page, line: string): Tone {
  if (kind === "egress") return line.includes(" DENY ") ? "bad" : "plain";
  if (kind !== "diff") return "plain";
  if (line.startsWith("+")) return "add";
  if (line.startsWith("-")) return "remove";
  return line.startsWith("@@") || line.startsWith("diff ") ? "dim" : "plain";
}
