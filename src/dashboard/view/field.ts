import { width } from "../columns.ts";
import { type Span, span } from "../spans.ts";

/** Typed text with its cursor, in at most `columns`; of what is too long, the part around the cursor. */
export function fieldSpans(text: string, cursor: number, columns: number): readonly Span[] {
  const shown = (part: string) => span(part.replaceAll("\n", " / ")).text;
  let before = shown(text.slice(0, cursor));
  const [under = " ", ...after] = [...shown(text.slice(cursor))];
  while (width(before) > Math.max(1, columns - 8)) before = [...before].slice(1).join("");
  return [span(before), span(under === "" ? " " : under, "plain", true), span(after.join(""))];
}
