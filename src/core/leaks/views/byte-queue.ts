/** The undecided end of a stream: bytes are added behind and dropped in front, each for a constant cost on average. */
export class ByteQueue {
  /** Where the first byte held stands in the stream. */
  offset = 0;
  #bytes: Uint8Array = EMPTY;
  #from = 0;
  #to = 0;

  get length(): number {
    return this.#to - this.#from;
  }

  /** Where the stream ends so far. */
  get end(): number {
    return this.offset + this.length;
  }

  append(bytes: Uint8Array): void {
    if (this.#to + bytes.length > this.#bytes.length) this.#make(bytes.length);
    this.#bytes.set(bytes, this.#to);
    this.#to += bytes.length;
  }

  /** What is held; good until the next change. */
  view(): Buffer {
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#from, this.length);
  }

  /** Drops what stands before a place of the stream. */
  dropTo(place: number): void {
    const count = Math.min(this.length, Math.max(0, place - this.offset));
    this.offset += count;
    this.#from += count;
    if (this.#from === this.#to) {
      this.#from = 0;
      this.#to = 0;
    }
  }

  /** Makes room: moves what is held to the front, or to a place twice as large. */
  #make(more: number): void {
    const { length } = this;
    const size = (length + more) * 2 > this.#bytes.length ? (length + more) * 2 : this.#bytes.length;
    const target = size > this.#bytes.length ? new Uint8Array(size) : this.#bytes;
    target.set(this.#bytes.subarray(this.#from, this.#to));
    this.#bytes = target;
    this.#from = 0;
    this.#to = length;
  }
}

const EMPTY = new Uint8Array(0);
