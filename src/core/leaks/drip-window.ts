import type { PlacedFinding } from "./head-search.ts";
import type { NeedleSet } from "./needles.ts";

/** What is looked for over requests: the middles of declared values, as `compileMiddles` makes them. */
export interface DripTerms {
  readonly known: NeedleSet | null;
  readonly canaries: NeedleSet | null;
}

/** A short text of a request that may be a piece of something. */
export interface DripPiece {
  /** What the log calls its place; behind `header` it adds the lane, which is a field's name then. */
  readonly where: string;
  /** Pieces of one lane are put together. */
  readonly lane: string;
  /** Latin-1. */
  readonly text: string;
}

/** What is longer is no piece: it ends what its lane holds. */
export const PIECE_BYTES = 64;
/** Lanes of one window; the one that was not used for longest is forgotten. */
const LANES = 128;
/** Bytes that one lane keeps. */
const KEPT_BYTES = 1024;
/** So often what was the same as before counts when something else comes: most fields of a head never change. */
const REPEATS = 8;

/** The open end of a lane for each kind: what may be the beginning of a value. */
interface Lane {
  /** The piece before, what it completed, and how often it came again. */
  last: string;
  completed: readonly PlacedFinding[];
  repeats: number;
  known: string;
  canaries: string;
}

/**
 * Puts together what is sent to one host a piece at a time, each kind of place for itself, in the order of requests.
 * Only what lies over two pieces counts: within one request others look. Attack row 110.
 */
export class DripWindow {
  readonly #lanes = new Map<string, Lane>();

  /** What the pieces of one request complete. */
  take(pieces: readonly DripPiece[], terms: DripTerms): readonly PlacedFinding[] {
    if (terms.known === null && terms.canaries === null) return NONE;
    let found: PlacedFinding[] | null = null;
    for (const piece of pieces) {
      for (const one of this.#add(piece, terms)) {
        found ??= [];
        found.push(one);
      }
    }
    return found ?? NONE;
  }

  #add({ where, lane: name, text }: DripPiece, terms: DripTerms): readonly PlacedFinding[] {
    const lane = this.#lanes.get(name) ?? this.#open(name);
    if (lane.last === text) {
      lane.repeats++;
      return lane.completed;
    }
    // What completed something was refused, and is no part of what left.
    const again = lane.completed.length > 0 ? 0 : Math.min(lane.repeats, REPEATS);
    const before = lane.last.repeat(again);
    // A long text is no piece, and is not kept.
    lane.last = text.length > PIECE_BYTES ? "" : text;
    lane.repeats = 0;
    lane.completed =
      text.length > PIECE_BYTES
        ? end(lane)
        : this.#join(lane, before, text, where === "header" ? `header ${name}` : where, terms);
    if (lane.completed.length > 0 || lane.known !== "" || lane.canaries !== "") {
      // Last used, last forgotten.
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
    }
    return lane.completed;
  }

  #join(
    lane: Lane,
    before: string,
    text: string,
    where: string,
    { known, canaries }: DripTerms,
  ): readonly PlacedFinding[] {
    const all: PlacedFinding[] = [];
    if (known !== null) lane.known = join(known, "known", lane.known, before + text, where, all);
    if (canaries !== null) lane.canaries = join(canaries, "canary", lane.canaries, before + text, where, all);
    return all.length === 0 ? NONE : all;
  }

  #open(name: string): Lane {
    const lane: Lane = { last: "", completed: NONE, repeats: 0, known: "", canaries: "" };
    for (const first of this.#lanes.keys()) {
      if (this.#lanes.size < LANES) break;
      this.#lanes.delete(first);
    }
    this.#lanes.set(name, lane);
    return lane;
  }
}

/** What is as long as this is no piece, and nothing is put over it. */
function end(lane: Lane): readonly PlacedFinding[] {
  lane.known = "";
  lane.canaries = "";
  return NONE;
}

/** Searches what a lane held and a piece behind it; what it holds from now on. */
function join(
  set: NeedleSet,
  kind: "known" | "canary",
  held: string,
  text: string,
  where: string,
  into: PlacedFinding[],
): string {
  const bytes = Buffer.from(held + text, "latin1");
  const { matches, safe } = set.scan(bytes);
  const over = matches.filter((match) => match.start < held.length && match.end > held.length);
  for (const name of new Set(over.map((match) => match.name))) {
    const finding = { kind, name, fingerprint: null, through: ["pieces", "requests"], start: 0, end: 0 };
    into.push({ finding, where });
  }
  // What was found stays, so that the same piece sent again is found again.
  if (over.length > 0) return held;
  return bytes.toString("latin1", Math.max(safe, bytes.length - KEPT_BYTES));
}

const NONE: readonly PlacedFinding[] = Object.freeze([]);
