/** One value on its way: as much of it as can be a piece of something. */
export class FieldPiece {
  /** Where the bytes that are kept begin in the stream; -1: there are none. */
  place = -1;
  /** Bytes that are kept, at the beginning of `bytes`. */
  length = 0;
  /** Whether it is longer than a piece in whole: then its end is kept. */
  isLong = false;
  readonly bytes: Uint8Array;
  readonly #end: number;

  /** A value of up to twice `end` bytes is kept whole, of a longer one so many at its end. */
  constructor(end: number) {
    this.bytes = new Uint8Array(2 * end);
    this.#end = end;
  }

  /** Adds a part of some bytes, which stands at `place`. When it becomes long by that, its first bytes, else null. */
  add(bytes: Uint8Array, from: number, to: number, place: number): Uint8Array | null {
    const count = to - from;
    if (count === 0) return null;
    if (this.place < 0) this.place = place;
    if (!this.isLong && this.length + count <= this.bytes.length) {
      for (let i = from; i < to; i++) this.bytes[this.length++] = bytes[i] as number;
      return null;
    }
    const head = this.isLong ? null : this.#head(bytes.subarray(from, to));
    this.isLong = true;
    const fresh = Math.min(count, this.#end);
    const kept = Math.min(this.length, this.#end - fresh);
    this.bytes.copyWithin(0, this.length - kept, this.length);
    this.bytes.set(bytes.subarray(to - fresh, to), kept);
    this.length = kept + fresh;
    this.place = place + count - this.length;
    return head;
  }

  /** Drops the last bytes, where they are no part of the value after all. */
  cutEnd(count: number): void {
    this.length = Math.max(0, this.length - count);
  }

  clear(): void {
    this.place = -1;
    this.isLong = false;
    this.length = 0;
  }

  #head(more: Uint8Array): Uint8Array {
    const head = new Uint8Array(this.#end);
    const kept = Math.min(this.length, head.length);
    head.set(this.bytes.subarray(0, kept));
    head.set(more.subarray(0, head.length - kept), kept);
    return head;
  }
}
