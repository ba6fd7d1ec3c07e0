import { age } from "./ages.ts";
import { geometryOf } from "./geometry.ts";
import { helpLines } from "./help.ts";
import type { EgressLine, Model, Page } from "./model.ts";
import { bottleOf, markOf } from "./rows.ts";

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
      return helpLines(model.focus);
    case "egress":
      return model.egress.filter(({ bottle }) => page.bottle === null || bottle === page.bottle).map(egressText);
    case "why":
      return whyLines(model, page.bottle);
    default:
      return page.lines;
  }
}

/** `14:02:11 api-refactor POST ...`, in UTC as the audit log has it. */
export function egressText({ at, bottle, text }: EgressLine): string {
  return `${new Date(at).toISOString().slice(11, 19)} ${bottle.padEnd(16)} ${text}`;
}

function whyLines(model: Model, name: string | null): readonly string[] {
  const bottle = bottleOf(model, name);
  if (bottle === null) return ["this bottle is gone"];
  return [
    `state    ${markOf(model, bottle)} ${bottle.what}`,
    `says     ${bottle.source}`,
    `since    ${new Date(bottle.since).toISOString()} (${age(model.now - bottle.since)})`,
    `agent    ${bottle.agent} on ${bottle.backend}`,
    `made     ${new Date(bottle.createdAt).toISOString()}`,
    `works in ${bottle.workspace}`,
    ...bottle.items.map(({ id, kind, title }) => `waits    ${kind} ${id}: ${title}`),
  ];
}
