import { CONTEXT_BYTES, type Joints, type OpenToken, type PatternSet } from "../patterns.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type Found, isWorthwhile, NOTHING, type StreamSearch } from "./search.ts";

/** Searches a stream for token formats, as the bytes are. */
export class PatternSearchStream implements StreamSearch {
  readonly #patterns: PatternSet;
  /** What is undecided, and a few bytes before it. */
  readonly #queue = new ByteQueue();
  readonly #joints: Joints | null;
  #open: OpenToken | null = null;
  #fresh = 0;
  safe = 0;

  /** `joints`: where the stream was put together from pieces, by its offsets. */
  constructor(patterns: PatternSet, joints: Joints | null = null) {
    this.#patterns = patterns;
    this.#joints = joints;
  }

  push(bytes: Uint8Array, last: boolean): readonly Found[] {
    const queue = this.#queue;
    queue.append(bytes);
    this.#fresh += bytes.length;
    const from = this.safe - queue.offset;
    if (!last && !isWorthwhile(this.#fresh, queue.length - from)) return NOTHING;
    this.#fresh = 0;
    const { offset } = queue;
    const joints = this.#joints === null ? {} : { joints: { all: this.#joints, base: offset } };
    const resume = { from, open: this.#open, ...joints };
    const { matches, safe, open } = this.#patterns.scan(queue.view(), last, resume);
    this.#open = open;
    this.safe = last ? queue.end : offset + safe;
    queue.dropTo(this.safe - CONTEXT_BYTES);
    if (matches.length === 0) return NOTHING;
    return matches.map(({ format, fingerprint, start, end, continues }) => ({
      kind: "pattern",
      name: format,
      fingerprint,
      through: [],
      start: offset + start,
      end: offset + end,
      continues,
    }));
  }
}
