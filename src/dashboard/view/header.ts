import { clock, dollars } from "../ages.ts";
import { egressRate } from "../egress-rate.ts";
import type { Model } from "../model.ts";
import { groupOf } from "../rows.ts";
import { fitted, type Line, lineWidth, span, spread } from "../spans.ts";

/** The totals: what a glance is for. Where there is no room for all, what needs the operator stays longest. */
export function headerLine(model: Model): Line {
  const { snapshot, columns, now, readOnly, egress } = model;
  const count = (wanted: string) => snapshot.bottles.filter((bottle) => groupOf(model, bottle) === wanted).length;
  const [needs, working, total] = [count("needs"), count("working"), snapshot.bottles.length];
  const need =
    needs > 0 ? span(`  ! ${needs} ${needs === 1 ? "needs" : "need"} you`, "need") : span("  nothing needs you", "dim");
  const work = span(`  * ${working} working`, working > 0 ? "work" : "dim");
  const bottles = span(`  ${total} ${total === 1 ? "bottle" : "bottles"}`);
  const title = span(" bot-bottle", "title");
  const short = span(" bb", "title");
  const denied = snapshot.denied > 0 ? [span(`  ${snapshot.denied} denied`, "bad")] : [];
  const rate = egressRate(egress, now);
  const sent = rate === "" ? [] : [span(`  ${rate}`)];
  const cost = snapshot.costToday === null ? [] : [span(`  ${dollars(snapshot.costToday)} today`)];
  const mode = readOnly ? [span("  read-only", "key")] : [];
  const time = [span(`  ${clock(now)} `, "dim")];
  const ways: readonly (readonly [left: Line, right: Line])[] = [
    [
      [title, bottles, need, work],
      [...sent, ...denied, ...cost, ...mode, ...time],
    ],
    [
      [short, bottles, need, work],
      [...sent, ...denied, ...cost, ...mode, ...time],
    ],
    [
      [title, bottles, need, work],
      [...denied, ...cost, ...mode, ...time],
    ],
    [
      [short, bottles, need, work],
      [...denied, ...cost, ...mode, ...time],
    ],
    [
      [short, bottles, need, work],
      [...denied, ...cost, ...mode],
    ],
    [
      [short, need, work],
      [...denied, ...cost, ...mode],
    ],
    [
      [short, need, work],
      [...denied, ...mode],
    ],
    [[short, need, work], mode],
  ];
  const way = ways.find(([left, right]) => lineWidth(left) + lineWidth(right) < columns);
  return way === undefined ? fitted([short, need], columns) : spread(...way, columns);
}
