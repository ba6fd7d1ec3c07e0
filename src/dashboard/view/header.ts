import { dollars } from "../ages.ts";
import type { Model } from "../model.ts";
import { groupOf } from "../rows.ts";
import { type Line, type Span, span, spread } from "../spans.ts";

/** The totals: what a glance is for. */
export function headerLine(model: Model): Line {
  const { snapshot, columns, now, readOnly } = model;
  const count = (wanted: string) => snapshot.bottles.filter((bottle) => groupOf(model, bottle) === wanted).length;
  const [needs, working] = [count("needs"), count("working")];
  const total = snapshot.bottles.length;
  const left: Span[] = [
    span(" bot-bottle", "title"),
    span(`  ${total} ${total === 1 ? "bottle" : "bottles"}`),
    needs > 0 ? span(`  ! ${needs} ${needs === 1 ? "needs" : "need"} you`, "need") : span("  nothing needs you", "dim"),
    span(`  * ${working} working`, working > 0 ? "work" : "dim"),
  ];
  const cost = snapshot.costToday === null ? [] : [span(`  ${dollars(snapshot.costToday)} today`)];
  const right: Span[] = [
    ...(snapshot.denied > 0 ? [span(`  ${snapshot.denied} denied`, "bad")] : []),
    ...cost,
    ...(readOnly ? [span("  read-only", "key")] : []),
    span(`  ${new Date(now).toISOString().slice(11, 16)} UTC `, "dim"),
  ];
  return spread(left, right, columns);
}
