import { type NeedleSet, scrubText } from "../core/leaks/needles.ts";
import type { HeaderPair } from "../core/wire/header-pairs.ts";

/** The fields of a response with known secrets masked, in names as in values (a mask is made of token characters). */
export function maskHeaders(
  scrub: NeedleSet | null,
  headers: readonly HeaderPair[],
): { readonly headers: readonly HeaderPair[]; readonly count: number } {
  if (scrub === null) return { headers, count: 0 };
  let count = 0;
  const mask = (text: string): string => {
    const clean = scrubText(scrub, text);
    count += clean.count;
    return clean.text;
  };
  const masked = headers.map(([name, value]) => [mask(name), mask(value)] as const);
  return { headers: masked, count };
}
