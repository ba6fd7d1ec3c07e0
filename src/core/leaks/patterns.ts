import { FORMATS } from "./formats.ts";
import { type CompiledFormat, compileFormat } from "./patterns/candidate.ts";
import { buildKeywordTable } from "./patterns/keywords.ts";
import type { PatternResume, PatternScan } from "./patterns/scan.ts";
import { PatternSearch } from "./patterns/search.ts";
import type { TokenFormat } from "./token-format.ts";

export { CONTEXT_BYTES } from "./patterns/boundary.ts";
export { Joints } from "./patterns/joints.ts";
export type { OpenToken, PatternMatch, PatternResume, PatternScan } from "./patterns/scan.ts";

/** The longest token that is looked at as a whole; `safe` is never further back than this from the end of the bytes. */
export const MAX_TOKEN_BYTES = 4096;

/**
 * Token formats compiled for searching; keeps nothing of what it scanned, so one serves all streams.
 *
 * For a stream, keep the bytes from `safe` on, with up to CONTEXT_BYTES before them, put the next chunk behind and scan
 * again with `resume`. Memory is bounded: a token longer than MAX_TOKEN_BYTES (a big private key, a big JWT) is reported
 * when so much of it is there, `end` is then the end of what is there, and `open` says that it goes on; the next scan
 * reports what follows as `continues`, from `from` on, and so forth to the token's end. So a stream that masks or stops
 * at each match before handing out the bytes before `safe` lets nothing of a key's body out.
 */
export interface PatternSet {
  /** `last`: nothing follows, so the end of the bytes ends a token. Without `resume` nothing stood before the bytes. */
  scan(bytes: Uint8Array, last: boolean, resume?: PatternResume): PatternScan;
}

let standard: PatternSet | null = null;
let strict: PatternSet | null = null;

/** Compiles formats; without any given, those of level `default`, compiled once. */
export function compilePatterns(formats?: readonly TokenFormat[]): PatternSet {
  if (formats !== undefined) return compile(formats);
  standard ??= compile(FORMATS.filter(({ level }) => level === "default"));
  return standard;
}

/** All formats, those of level `strict` too, compiled once. */
export function compileStrictPatterns(): PatternSet {
  strict ??= compile(FORMATS);
  return strict;
}

function compile(formats: readonly TokenFormat[]): PatternSet {
  const byKeyword = new Map<string, TokenFormat[]>();
  for (const format of formats) {
    if (format.maxBytes > MAX_TOKEN_BYTES) throw new RangeError(`${format.id} is longer than a token may be`);
    for (const keyword of format.keywords) {
      if (format.keywords.some((other) => other !== keyword && keyword.startsWith(other))) continue;
      const known = byKeyword.get(keyword.toLowerCase());
      if (known === undefined) byKeyword.set(keyword.toLowerCase(), [format]);
      else known.push(format);
    }
  }
  // Most formats are never met, and a start waits for this: a format is made ready when its keyword first comes up.
  const compiled = new Map<TokenFormat, CompiledFormat>();
  const ready = (format: TokenFormat): CompiledFormat => {
    const made = compiled.get(format) ?? compileFormat(format, compiled.size);
    compiled.set(format, made);
    return made;
  };
  const table = buildKeywordTable([...byKeyword.keys()]);
  const candidates = [...byKeyword].map(([keyword, some]) => {
    let made: readonly CompiledFormat[] | null = null;
    return {
      length: keyword.length,
      formats: () => {
        made ??= some.map(ready);
        return made;
      },
    };
  });
  const byId = new Map(formats.map((format) => [format.id, format]));
  const bodyOf = (id: string) => {
    const format = byId.get(id);
    return format === undefined ? null : ready(format).body;
  };
  const lead = Math.max(0, ...formats.map((format) => format.lead?.max ?? 0));
  return {
    scan: (bytes, last, resume) => new PatternSearch({ table, candidates, bodyOf, lead }, bytes, last).run(resume),
  };
}
