/**
 * Said on stderr by the first process inside, before anything of the agent's runs: without it a code that the client of an
 * engine ends with is its own, and what stands on stderr its complaint.
 */
const ENTERED = "\u0001entered\n";

const MARK = Buffer.from(ENTERED, "latin1");
const NEWLINE = 10;
/** Of what `docker` complains about when nothing was entered. */
const KEPT = 4096;

/**
 * Takes the mark of `ENTERED` off stderr with all before it, which are the client's own words, as warnings; and knows
 * whether it was there.
 */
export class EnteredFilter {
  entered = false;
  /** What came on stderr in place of the mark. */
  head: Buffer = Buffer.alloc(0);
  readonly #onRest: ((chunk: Buffer) => void) | undefined;

  constructor(onRest: ((chunk: Buffer) => void) | undefined) {
    this.#onRest = onRest;
  }

  /** A piece of stderr; what comes after the mark is handed on. */
  push(chunk: Buffer): void {
    const rest = this.take(chunk);
    if (rest.length > 0) this.#onRest?.(rest);
  }

  /** A piece of stderr, without the mark. */
  take(chunk: Buffer): Buffer {
    if (this.entered) return chunk;
    this.head = Buffer.concat([this.head, chunk]);
    const at = this.#mark();
    if (at !== -1) {
      this.entered = true;
      const rest = this.head.subarray(at + MARK.length);
      this.head = Buffer.alloc(0);
      return rest;
    }
    if (this.head.length > KEPT) this.head = this.head.subarray(0, KEPT);
    return Buffer.alloc(0);
  }

  /** Where it stands at the beginning of a line, or -1. */
  #mark(): number {
    for (let at = this.head.indexOf(MARK); at !== -1; at = this.head.indexOf(MARK, at + 1)) {
      if (at === 0 || this.head[at - 1] === NEWLINE) return at;
    }
    return -1;
  }
}
