import type { Step } from "../events.ts";
import { geometryOf } from "../geometry.ts";
import type { Model } from "../model.ts";
import { pageLines, pageRows } from "../page-lines.ts";
import type { PointerReport } from "../pointer-reports.ts";
import { bottleOf, inView, listLines, scrolled } from "../rows.ts";
import { attach } from "./list-keys.ts";
import { toCard } from "./needs.ts";

const DOUBLE_MS = 400;
const WHEEL_LINES = 3;

/** What the mouse does: a click selects, two attach, the wheel scrolls. It answers nothing, and nothing is typed by it. */
export function pointed(model: Model, report: PointerReport, at: number): Step {
  const { pointer } = model;
  switch (report.kind) {
    case "blur":
      return [{ ...model, pointer: { ...pointer, away: true } }, []];
    case "focus":
      // Terminals tell where the focus is when they are asked to, too: that is no coming back.
      return [{ ...model, pointer: { ...pointer, away: false, skip: pointer.skip || pointer.away } }, []];
    case "press":
      // A click that brings a window to the front is meant for the window.
      if (pointer.skip) return [{ ...model, pointer: { ...pointer, skip: false } }, []];
      return pressed(model, report, at);
    default:
      return [wheel(model, report.kind === "wheel-down" ? WHEEL_LINES : -WHEEL_LINES), []];
  }
}

/** Cells of the screen from 1; the header has the first row. */
interface Cell {
  readonly column: number;
  readonly row: number;
}

function pressed(model: Model, { column, row }: Cell, at: number): Step {
  if (model.prompt !== null || model.form !== null || model.page !== null) return [model, []];
  const { layout, listColumns, listRows, cardRows } = geometryOf(model);
  const line = row - 2;
  const inList = line >= 0 && line < listRows && (layout !== "beside" || column <= listColumns);
  if (!inList) {
    const first = layout === "beside" ? 0 : listRows;
    const inCard = line >= first && line < first + cardRows && (layout !== "beside" || column > listColumns);
    return [inCard && model.focus === "list" ? toCard({ ...model, keyAt: at, said: null }) : model, []];
  }
  const hit = listLines(model.list ?? [])[model.top + line];
  if (hit?.kind !== "row") return [model, []];
  const { name } = hit.row;
  const { clicked } = model.pointer;
  const twice = clicked !== null && clicked.bottle === name && at - clicked.at <= DOUBLE_MS;
  const pointer = { ...model.pointer, clicked: twice ? null : { bottle: name, at } };
  const item = name === model.cursor ? model.item : null;
  // The order does not settle by it: a second click means the line of the first.
  const next = inView({ ...model, pointer, cursor: name, item, focus: "list", keyAt: at, said: null });
  const bottle = bottleOf(next, name);
  return twice && bottle !== null ? attach(next, bottle) : [next, []];
}

function wheel(model: Model, by: number): Model {
  const { page } = model;
  if (model.prompt !== null || model.form !== null) return model;
  if (page === null) return model.focus === "list" ? scrolled(model, by) : model;
  const most = Math.max(0, pageLines(model, page).length - pageRows(model));
  const now = page.follow ? most : Math.min(page.top, most);
  const top = Math.min(most, Math.max(0, now + by));
  return { ...model, page: { ...page, top, follow: page.follow && top === most } };
}
