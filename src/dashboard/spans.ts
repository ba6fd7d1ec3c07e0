import { cut, plain, width } from "./columns.ts";

/** What a piece of text is; the painter makes colours of it, and everything can be told apart without them. */
export type Tone = "plain" | "dim" | "bold" | "need" | "work" | "done" | "bad" | "title" | "key" | "add" | "remove";

/** A piece of a line. Its text is safe for a terminal: only `span` makes one. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
  /** Under the cursor. */
  readonly inverse: boolean;
}

/** One line of the screen; never wider than it. */
export type Line = readonly Span[];

/** A span of any text, made safe (columns, `plain`). */
export function span(text: string, tone: Tone = "plain", inverse = false): Span {
  return { text: plain(text), tone, inverse };
}

/** Columns of a line. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + width(text), 0);
}

/** The line in exactly `columns`: cut, or filled with spaces that look like its last piece. */
export function fitted(line: Line, columns: number): Line {
  const out: Span[] = [];
  let left = Math.max(0, columns);
  for (const piece of line) {
    const size = width(piece.text);
    if (size > left) {
      const text = cut(piece.text, left);
      if (text !== "") out.push({ ...piece, text });
      left -= width(text);
      break;
    }
    out.push(piece);
    left -= size;
  }
  if (left > 0) out.push({ text: " ".repeat(left), tone: "plain", inverse: line.at(-1)?.inverse === true });
  return out;
}

/** `left` and `right` on one line; `left` gives way. */
export function spread(left: Line, right: Line, columns: number): Line {
  const taken = lineWidth(right);
  if (taken + 1 > columns) return fitted(left, columns);
  return [...fitted(left, columns - taken), ...right];
}

/** The text of a line alone. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}
