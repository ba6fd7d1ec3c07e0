import { type NeedleSet, namesIn, scrubText } from "../core/leaks/needles.ts";
import { type HeaderPair, withoutHeaders } from "../core/wire/header-pairs.ts";

/** What becomes of the answers to one request. */
export interface AnswerTerms {
  /** Values masked; null where no credential is written. */
  readonly scrub: NeedleSet | null;
  readonly cookies: "drop" | "pass";
}

/** RFC 6265 section 4.1; the second is of RFC 2965, which some clients still read. */
const COOKIES: ReadonlySet<string> = new Set(["set-cookie", "set-cookie2"]);

/**
 * The fields of an answer as the client gets them. Known secrets are masked, in names as in values (a mask is made of
 * token characters). A session that our credential opened is a secret that nobody knows: where cookies are dropped, a
 * field says so instead (attack rows 89, 98).
 */
export function answerHeaders(
  { scrub, cookies }: AnswerTerms,
  headers: readonly HeaderPair[],
): { readonly headers: readonly HeaderPair[]; readonly count: number } {
  const kept = cookies === "drop" ? withoutCookies(headers) : headers;
  // Nearly every head is clean: one look at all of it instead of two for each field.
  if (scrub === null || namesIn(scrub, kept.flat().join("\n")).length === 0) return { headers: kept, count: 0 };
  let count = 0;
  const mask = (text: string): string => {
    const clean = scrubText(scrub, text);
    count += clean.count;
    return clean.text;
  };
  const masked = kept.map(([name, value]) => [mask(name), mask(value)] as const);
  return { headers: masked, count };
}

function withoutCookies(headers: readonly HeaderPair[]): readonly HeaderPair[] {
  const kept = withoutHeaders(headers, COOKIES);
  return kept.length === headers.length ? headers : [...kept, ["X-Bot-Bottle-Dropped", "Set-Cookie"]];
}
