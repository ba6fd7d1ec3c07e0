/** What `git cat-file --batch` says, piece by piece. */
export type BatchEvent =
  | { readonly kind: "object"; readonly id: string; readonly type: string; readonly bytes: number }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  /** Not there, or nothing that we asked for. */
  | { readonly kind: "problem"; readonly problem: string };

/** `<id> missing`, `<id> <type> <size>`: no line of git is longer. */
const LONGEST_LINE = 200;

/**
 * Reads the output of `git cat-file --batch` (git-cat-file(1), "BATCH OUTPUT"): a line, so many bytes, a line feed. The
 * bytes are an agent's; how many of them there are is git's word. After a problem nothing more is read.
 */
export class CatFileBatch {
  #line = Buffer.alloc(0);
  /** Bytes of the present object that are still to come; null: a line comes next. */
  #left: number | null = null;
  #broken = false;

  push(chunk: Uint8Array): readonly BatchEvent[] {
    const events: BatchEvent[] = [];
    for (let at = 0; at < chunk.length && !this.#broken; ) {
      at = this.#left === null ? this.#head(chunk, at, events) : this.#body(chunk, at, events);
    }
    return events;
  }

  /** True between two objects: what was asked for came whole. */
  get settled(): boolean {
    return !this.#broken && this.#left === null && this.#line.length === 0;
  }

  #head(chunk: Uint8Array, at: number, events: BatchEvent[]): number {
    const feed = chunk.indexOf(0x0a, at);
    const end = feed < 0 ? chunk.length : feed;
    this.#line = Buffer.concat([this.#line, chunk.subarray(at, end)]);
    if (this.#line.length > LONGEST_LINE) return this.#fail("a line of no known kind", events);
    if (feed < 0) return end;
    const text = this.#line.toString("latin1");
    this.#line = Buffer.alloc(0);
    const [, id, type, size] = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d{1,15})$/.exec(text) ?? [];
    if (id === undefined || type === undefined) return this.#fail(text, events);
    this.#left = Number(size);
    events.push({ kind: "object", id, type, bytes: this.#left });
    return feed + 1;
  }

  #body(chunk: Uint8Array, at: number, events: BatchEvent[]): number {
    const left = this.#left ?? 0;
    if (left > 0) {
      const bytes = chunk.subarray(at, at + left);
      this.#left = left - bytes.length;
      events.push({ kind: "data", bytes });
      return at + bytes.length;
    }
    if (chunk[at] !== 0x0a) return this.#fail("an object that is longer than git said", events);
    this.#left = null;
    events.push({ kind: "end" });
    return at + 1;
  }

  #fail(problem: string, events: BatchEvent[]): number {
    this.#broken = true;
    events.push({ kind: "problem", problem });
    return Number.POSITIVE_INFINITY;
  }
}
