import type { LeakFinding, LeakLevel } from "../model/leak.ts";
import type { NeedleSet } from "./needles.ts";
import { compilePatterns, compileStrictPatterns, type PatternSet } from "./patterns.ts";
import { ByteQueue } from "./views/byte-queue.ts";
import { FieldSearch } from "./views/field-search.ts";
import { mayEscape, mayHide } from "./views/glance.ts";
import { NeedleSearch } from "./views/needle-search.ts";
import { BASE64, HEX } from "./views/run-encoding.ts";
import type { Found, StreamSearch } from "./views/search.ts";
import { createJointSearch, createTextSearch } from "./views/text-search.ts";

/** Everything that one bottle's requests are searched for. Build once for each policy and set of values. */
export interface LeakSearch {
  readonly known: NeedleSet | null;
  readonly canaries: NeedleSet | null;
  /** Whether token formats are searched for too. */
  readonly patterns: boolean;
  /** Which of them. Absent: `default`. */
  readonly level?: LeakLevel;
}

/** `pass`: leave it as it is; `mask`: as many `*` instead; `stop`: nothing more is handed out. */
export type LeakVerdict = "pass" | "mask" | "stop";

/** Searches one stream of bytes, handing on only what is known to be clean, masked or passed. */
export interface LeakScanner {
  /** What may go on now: all but a tail that could be the beginning of something. Empty once stopped. */
  push(chunk: Uint8Array): Buffer;
  /** The rest, at the end of the stream. */
  flush(): Buffer;
  readonly stopped: boolean;
}

/** A place that is masked: in base64 and hex with a character of theirs, so that what is around stays readable. */
interface Mask {
  readonly start: number;
  readonly end: number;
  readonly fill: number;
}

/** Where something was judged; `end` grows when more of it comes. */
interface Place {
  readonly start: number;
  end: number;
  readonly verdict: LeakVerdict;
}

const FILLS: Readonly<Record<string, number>> = { base64: 0x41, hex: 0x30 };
const FILL = 0x2a;
const EMPTY = Buffer.alloc(0);
const NONE: readonly LeakFinding[] = Object.freeze([]);

/**
 * A scanner for one stream. `judge` is asked once for each finding, before any of its bytes is handed out; places of one
 * value that overlap are one finding; of what is cut over fields each piece is one, so that what stands between is left
 * as it is. Lengths never change. Work grows with the length of the stream, however it is cut.
 * Memory: one chunk and the longest token in its longest spelling, or the span of pieces. Attack rows 105, 106, 108, 109, 111.
 */
export function createLeakScanner(search: LeakSearch, judge: (finding: LeakFinding) => LeakVerdict): LeakScanner {
  const stream = createSearch(search);
  const queue = new ByteQueue();
  /** For each value or token: the places that were judged, as long as more of them may be found. */
  const judged = new Map<string, Place[]>();
  let masks: Mask[] = [];
  let stopped = false;

  const take = (chunk: Uint8Array, last: boolean): Buffer => {
    if (stopped) return EMPTY;
    for (const it of inOrder(stream.push(chunk, last))) {
      const verdict = verdictOn(it);
      if (verdict === "stop") {
        stopped = true;
        return EMPTY;
      }
      if (verdict === "mask") masks.push({ start: it.start, end: it.end, fill: FILLS[it.through[0] ?? ""] ?? FILL });
    }
    return hand(chunk, stream.safe);
  };

  const verdictOn = (found: Found): LeakVerdict => {
    const { kind, name, fingerprint, through, start, end } = found;
    const key = `${kind} ${name} ${fingerprint}`;
    const places = judged.get(key) ?? [];
    const place = places.find((it) => end > it.start && (start < it.end || (found.continues && start === it.end)));
    if (place !== undefined) {
      place.end = Math.max(place.end, end);
      return place.verdict;
    }
    const verdict = judge({ kind, name, fingerprint, through, start, end });
    judged.set(key, [...places, { start, end, verdict }]);
    return verdict;
  };

  /** Forgets what lies before this, so that memory does not grow with the number of findings. */
  const forget = (safe: number): void => {
    for (const [key, places] of judged) {
      const left = places.filter(({ end }) => end >= safe);
      if (left.length === 0) judged.delete(key);
      else if (left.length < places.length) judged.set(key, left);
    }
  };

  const hand = (chunk: Uint8Array, safe: number): Buffer => {
    if (queue.length === 0 && masks.length === 0 && safe === queue.offset + chunk.length) {
      queue.offset = safe;
      forget(safe);
      return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    queue.append(chunk);
    const { offset } = queue;
    const out = Buffer.from(queue.view().subarray(0, safe - offset));
    // Where masks overlap, the plain one wins, whichever came first.
    masks.sort((a, b) => b.fill - a.fill);
    for (const { start, end, fill } of masks) {
      if (start < safe) out.fill(fill, Math.max(0, start - offset), Math.min(end, safe) - offset);
    }
    masks = masks.filter(({ end }) => end > safe);
    queue.dropTo(safe);
    forget(safe);
    return out;
  };

  return {
    push: (chunk) => take(chunk, false),
    flush: () => take(EMPTY, true),
    get stopped() {
      return stopped;
    },
  };
}

/** What a text holds (Latin-1 as node:http gives it): a path and query, the value of a field, a host. */
export function searchText(search: LeakSearch, text: string): readonly LeakFinding[] {
  const bytes = Buffer.from(text, "latin1");
  if (isClean(search, text, bytes)) return NONE;
  const findings: LeakFinding[] = [];
  const scanner = createLeakScanner(search, (finding) => {
    findings.push(finding);
    return "pass";
  });
  scanner.push(bytes);
  scanner.flush();
  return findings;
}

/**
 * True when a whole text holds nothing, told without taking any encoding off: the usual head and line of the log. Making
 * all searches of a scanner costs ten times as much. False says nothing.
 */
function isClean(search: LeakSearch, text: string, bytes: Buffer): boolean {
  const { known, canaries, patterns } = search;
  if (patterns && (mayEscape(text, bytes) || mayHide(BASE64, bytes) || mayHide(HEX, bytes))) return false;
  if (patternsOf(search)?.scan(bytes, true).matches.length) return false;
  if (!isWithout(known, bytes) || !isWithout(canaries, bytes)) return false;
  return createFieldSearch(search).push(bytes, true).length === 0;
}

function isWithout(set: NeedleSet | null, bytes: Buffer): boolean {
  return set === null || set.scan(bytes).matches.length === 0;
}

function createSearch(search: LeakSearch): StreamSearch {
  const formats = patternsOf(search);
  return createJointSearch([
    ...needleSearches(search),
    ...(formats === null ? [] : [createTextSearch(formats)]),
    createFieldSearch(search),
  ]);
}

function patternsOf({ patterns, level }: LeakSearch): PatternSet | null {
  if (!patterns) return null;
  return level === "strict" ? compileStrictPatterns() : compilePatterns();
}

function createFieldSearch(search: LeakSearch): FieldSearch {
  const { known, canaries, patterns } = search;
  return new FieldSearch({
    needles: () => needleSearches(search),
    // Words that are called something are no sooner a secret for being put together.
    patterns: patterns ? compilePatterns() : null,
    longest: Math.max(canaries?.longest ?? 0, known?.longest ?? 0),
  });
}

function needleSearches({ known, canaries }: LeakSearch): readonly StreamSearch[] {
  return [
    ...(canaries === null ? [] : [new NeedleSearch("canary", canaries)]),
    ...(known === null ? [] : [new NeedleSearch("known", known)]),
  ];
}

/** By place; at one place those with fewer encodings first. */
function inOrder(found: readonly Found[]): readonly Found[] {
  if (found.length < 2) return found;
  return found.toSorted((a, b) => a.start - b.start || a.through.length - b.through.length);
}
