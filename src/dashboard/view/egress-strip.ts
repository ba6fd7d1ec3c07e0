import type { Model } from "../model.ts";
import { egressText } from "../page-lines.ts";
import { type Line, span } from "../spans.ts";
import { headLine } from "./list.ts";

/** The last of what all bottles sent, below everything else. */
export function egressStrip({ egress, columns }: Model, rows: number): readonly Line[] {
  const last = egress.slice(-Math.max(0, rows - 1));
  return [
    headLine("Egress, all bottles", null, columns),
    ...(last.length === 0 ? [[span(" nothing yet", "dim")]] : []),
    ...last.map((line): Line => [span(` ${egressText(line)}`, line.denied ? "bad" : "plain")]),
  ];
}
