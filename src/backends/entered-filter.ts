/**
 * Said on stderr by the first process inside, before anything of the agent's runs: without it a code that the client of an
 * engine ends with is its own, and what stands on stderr its complaint.
 */
const ENTERED = "\u0001entered\n";

const MARK = Buffer.from(ENTERED, "latin1");
/** Of what `docker` complains about when nothing was entered. */
const KEPT = 4096;

/** Takes the mark of `ENTERED` off the begin of stderr, and knows whether it was there. */
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
    if (this.head.length >= MARK.length && this.head.subarray(0, MARK.length).equals(MARK)) {
      this.entered = true;
      const rest = this.head.subarray(MARK.length);
      this.head = Buffer.alloc(0);
      return rest;
    }
    if (this.head.length > KEPT) this.head = this.head.subarray(0, KEPT);
    return Buffer.alloc(0);
  }
}
