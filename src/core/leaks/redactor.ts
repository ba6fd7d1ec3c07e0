import type { LeakLevel } from "../model/leak.ts";
import { type LeakSearch, searchText } from "./leak-scanner.ts";
import { type NeedleSet, redactText } from "./needles.ts";

/** Takes secrets out of texts for the log. */
export interface Redactor {
  /** The text with `[name]` instead of each known value and each token of a known format. */
  redact(text: string): string;
}

/** Short texts that were found clean and are remembered, since the log names the same few hosts and paths again and again. */
const REMEMBERED = 64;
const SHORT = 256;

/** `values` are those that have a name; null: none. Tokens are those of a level (attack row 100). */
export function createRedactor(values: NeedleSet | null, level: LeakLevel = "default"): Redactor {
  const tokens: LeakSearch = { known: null, canaries: null, patterns: true, level };
  /** Of nothing that holds a secret anything is kept. */
  const clean = new Set<string>();
  return {
    redact: (text) => {
      if (clean.has(text)) return text;
      const redacted = redactTokens(tokens, values === null ? text : redactText(values, text));
      if (redacted === text && text.length <= SHORT) {
        if (clean.size >= REMEMBERED) clean.clear();
        clean.add(text);
      }
      return redacted;
    },
  };
}

function redactTokens(tokens: LeakSearch, text: string): string {
  const bytes = Buffer.from(text, "utf8");
  const found = searchText(tokens, bytes.toString("latin1")).toSorted((a, b) => a.start - b.start);
  if (found.length === 0) return text;
  let out = "";
  let at = 0;
  for (const { name, start, end } of found) {
    if (start >= at) out += `${bytes.toString("utf8", at, start)}[${name}]`;
    at = Math.max(at, end);
  }
  return out + bytes.toString("utf8", at);
}
