import { type LeakSearch, searchText } from "./leak-scanner.ts";
import { type NeedleSet, redactText } from "./needles.ts";

/** Takes secrets out of texts for the log. */
export interface Redactor {
  /** The text with `[name]` instead of each known value and each token of a known format. */
  redact(text: string): string;
}

const TOKENS: LeakSearch = { known: null, canaries: null, patterns: true };

/** `values` are those that have a name; null: none (attack row 100). */
export function createRedactor(values: NeedleSet | null): Redactor {
  return {
    redact: (text) => redactTokens(values === null ? text : redactText(values, text)),
  };
}

function redactTokens(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const found = searchText(TOKENS, bytes.toString("latin1")).toSorted((a, b) => a.start - b.start);
  if (found.length === 0) return text;
  let out = "";
  let at = 0;
  for (const { name, start, end } of found) {
    if (start >= at) out += `${bytes.toString("utf8", at, start)}[${name}]`;
    at = Math.max(at, end);
  }
  return out + bytes.toString("utf8", at);
}
