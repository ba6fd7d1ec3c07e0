import { geometryOf } from "./geometry.ts";
import type { Model } from "./model.ts";
import { fitted, type Line, span } from "./spans.ts";
import { cardLines, isWhole } from "./view/card.ts";
import { egressStrip } from "./view/egress-strip.ts";
import { bottomLines } from "./view/footer.ts";
import { formLines } from "./view/form.ts";
import { headerLine } from "./view/header.ts";
import { listView } from "./view/list.ts";
import { pageView } from "./view/page.ts";

const SMALLEST = { columns: 20, rows: 5 };

/** PURE: the screen as lines, exactly `rows` of exactly `columns` cells each. */
export function view(model: Model): readonly Line[] {
  const { columns, rows } = model;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) {
    const words = [fitted([span("too small")], columns)];
    return filled(words, columns, rows);
  }
  const lines = [headerLine(model), ...filled(body(model), columns, rows - 3), ...bottomLines(model)];
  return lines.map((line) => fitted(line, columns));
}

/** Title of the terminal: how many need the operator, and how many work. */
export function titleOf({ snapshot, list }: Model): string {
  const needs = (list ?? []).filter(({ group }) => group === "needs").length;
  return `bb !${needs} *${snapshot.bottles.filter(({ mark }) => mark === "*").length}`;
}

/** True when all that a yes is for is on the card. */
export function showsWhole(model: Model): boolean {
  return isWhole(model);
}

function body(model: Model): readonly Line[] {
  if (model.page !== null) return pageView(model, model.page);
  if (model.form !== null) return formLines(model, model.form);
  const { layout, listColumns, listRows, cardColumns, cardRows, egressRows } = geometryOf(model);
  const list = filled(listView(model, listColumns, listRows), listColumns, listRows);
  const card = filled(cardRows === 0 ? [] : cardLines(model, cardColumns, cardRows), cardColumns, cardRows);
  const egress = filled(egressRows === 0 ? [] : egressStrip(model, egressRows), model.columns, egressRows);
  if (layout !== "beside") return [...list, ...card, ...egress];
  return [...list.map((line, at) => [...line, ...(card[at] ?? [])]), ...egress];
}

/** Exactly `rows` lines of exactly `columns`. */
function filled(lines: readonly Line[], columns: number, rows: number): readonly Line[] {
  const shown = lines.slice(0, Math.max(0, rows)).map((line) => fitted(line, columns));
  const empty = Array.from({ length: Math.max(0, rows - shown.length) }, () => fitted([], columns));
  return [...shown, ...empty];
}
