import { wrapped } from "./columns.ts";
import { geometryOf } from "./geometry.ts";
import { helpLines } from "./help.ts";
import type { EgressLine, ItemView, Model, Page } from "./model.ts";
import { cardItem } from "./rows.ts";
import { span } from "./spans.ts";

/** Lines of a page that the screen has room for: its title takes one. */
export function pageRows(model: Model): number {
  return Math.max(1, geometryOf(model).bodyRows - 1);
}

/** The lines of a page, filtered. */
export function pageLines(model: Model, page: Page): readonly string[] {
  const { filter } = page;
  const inverse = filter.startsWith("!");
  const words = (inverse ? filter.slice(1) : filter)
    .toLowerCase()
    .split(" ")
    .filter((word) => word !== "");
  const lines = allLines(model, page);
  if (words.length === 0) return lines;
  return lines.filter((line) => words.every((word) => line.toLowerCase().includes(word)) !== inverse);
}

function allLines(model: Model, page: Page): readonly string[] {
  if (page.loading) return ["..."];
  switch (page.kind) {
    case "help":
      return helpLines(model.keys, model.focus);
    case "egress":
      return model.egress.filter(({ bottle }) => page.bottle === null || bottle === page.bottle).map(egressText);
    case "item": {
      const item = cardItem(model);
      return item === null
        ? ["it does not wait any more"]
        : itemText(item).flatMap((line) => wrapped(span(line).text, model.columns - 2));
    }
    default:
      return page.lines;
  }
}

/** `14:02:11 api-refactor POST ...`, in UTC as the audit log has it. */
export function egressText({ at, bottle, text }: EgressLine): string {
  return `${new Date(at).toISOString().slice(11, 19)} ${bottle.padEnd(16)} ${text}`;
}

/** All of an item, nothing of it cut. */
function itemText({ id, kind, title, flags, adds, seen, words, count }: ItemView): readonly string[] {
  return [
    `${kind} ${id}${count > 1 ? `, asked ${count} times` : ""}`,
    title,
    ...flags.map(({ text }) => `risk: ${text}`),
    ...adds.map((line) => `rule: ${line}`),
    ...seen.map((line) => `seen: ${line}`),
    ...(words === null ? [] : [`the agent says, and nobody checked: ${words}`]),
  ];
}
