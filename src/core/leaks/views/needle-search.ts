import type { NeedleSet } from "../needles.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type Found, isWorthwhile, NOTHING, type StreamSearch } from "./search.ts";

/** Searches a stream for declared values. The set knows their encodings itself. */
export class NeedleSearch implements StreamSearch {
  readonly #kind: "known" | "canary";
  readonly #set: NeedleSet;
  readonly #queue = new ByteQueue();
  #fresh = 0;

  constructor(kind: "known" | "canary", set: NeedleSet) {
    this.#kind = kind;
    this.#set = set;
  }

  get safe(): number {
    return this.#queue.offset;
  }

  push(bytes: Uint8Array, last: boolean): readonly Found[] {
    const queue = this.#queue;
    if (queue.length === 0) {
      const safe = this.#scan(bytes, last);
      queue.offset += safe.until;
      queue.append(bytes.subarray(safe.until));
      return safe.found;
    }
    queue.append(bytes);
    this.#fresh += bytes.length;
    if (!last && !isWorthwhile(this.#fresh, queue.length)) return NOTHING;
    const { found, until } = this.#scan(queue.view(), last);
    queue.dropTo(queue.offset + until);
    return found;
  }

  #scan(bytes: Uint8Array, last: boolean): { readonly found: readonly Found[]; readonly until: number } {
    this.#fresh = 0;
    const { matches, safe } = this.#set.scan(bytes);
    const until = last ? bytes.length : safe;
    if (matches.length === 0) return { found: NOTHING, until };
    const { offset } = this.#queue;
    const found = matches
      // What begins in the tail is found again, whole.
      .filter(({ start }) => start < until)
      .map(({ name, start, end }) => ({
        kind: this.#kind,
        name,
        fingerprint: null,
        through: [],
        start: offset + start,
        end: offset + end,
        continues: false,
      }));
    return { found, until };
  }
}
