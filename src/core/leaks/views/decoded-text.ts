import { LITERAL, OffsetMap, type Ratio } from "./offset-map.ts";
import type { Found, StreamSearch } from "./search.ts";

/** So many decoded bytes are collected before they are searched, when more are at hand. */
const PIECE_BYTES = 4096;
/** So few bytes are copied quicker one by one. */
const SHORT_BYTES = 32;

/** Text taken out of an encoding, on its way to a search of its own; findings are led back to the source. */
export class DecodedText {
  /** Bytes decoded so far. */
  length = 0;
  readonly #make: () => StreamSearch;
  readonly #least: number;
  readonly #map = new OffsetMap();
  #search: StreamSearch | null = null;
  #bytes = new Uint8Array(32);
  #pending = 0;
  /** The source byte with which the next literal or regular part begins when nothing comes between. */
  #expected = -1;

  /** Texts shorter than `least` bytes are not searched. */
  constructor(make: () => StreamSearch, least: number) {
    this.#make = make;
    this.#least = least;
  }

  /** What is added next: `ratio.num` bytes of the source from `source` on make `ratio.den`, the first `left` are left out. */
  beginPart(source: number, ratio: Ratio, left: number, label: string): void {
    if (source !== this.#expected) this.#map.add(this.length - left, source, ratio, label);
    this.#expected = source + ratio.num;
  }

  /** As many bytes as `ratio` says, in the bits of a number. */
  addGroup(bits: number, source: number, ratio: Ratio, label: string): void {
    this.beginPart(source, ratio, 0, label);
    this.#room(ratio.den);
    if (ratio.den === 3) {
      this.#bytes[this.#pending++] = bits >> 16;
      this.#bytes[this.#pending++] = (bits >> 8) & 0xff;
    }
    this.#bytes[this.#pending++] = bits & 0xff;
    this.length += ratio.den;
  }

  /** Bytes that stand for themselves, the first `length` of these. */
  addLiteral(bytes: Uint8Array, source: number, length = bytes.length): void {
    if (source !== this.#expected) this.#map.add(this.length, source, LITERAL, "");
    this.#expected = source + length;
    this.#room(length);
    if (length > SHORT_BYTES)
      this.#bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#pending);
    else for (let i = 0; i < length; i++) this.#bytes[this.#pending + i] = bytes[i] as number;
    this.#pending += length;
    this.length += length;
  }

  /** Announces that what is added until the next call stands for `width` source bytes as a whole. */
  beginWhole(source: number, width: number, label: string): void {
    this.#map.add(this.length, source, width, label);
    this.#expected = -1;
  }

  addByte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#pending++] = byte;
    this.length++;
  }

  /** Searches what is there. `last`: the text ends here; the next one begins anew. */
  flush(last: boolean, found: Found[]): void {
    if (this.length >= this.#least) {
      this.#search ??= this.#make();
      const search = this.#search;
      for (const it of search.push(this.#bytes.subarray(0, this.#pending), last)) found.push(this.#traced(it));
      this.#pending = 0;
      if (!last) this.#map.dropTo(search.safe);
    }
    if (!last) return;
    this.length = 0;
    this.#pending = 0;
    this.#search = null;
    this.#expected = -1;
    this.#map.clear();
  }

  get isFull(): boolean {
    return this.#pending >= PIECE_BYTES;
  }

  /** The source byte from which on something may still be found; `none` when there is no such. */
  safe(none: number): number {
    const decoded = this.#search?.safe ?? 0;
    return decoded < this.length ? this.#map.startOf(decoded) : none;
  }

  #traced(found: Found): Found {
    const label = this.#map.labelIn(found.start, found.end);
    return {
      ...found,
      through: label === null ? found.through : [label, ...found.through],
      start: this.#map.startOf(found.start),
      end: this.#map.endOf(found.end),
    };
  }

  #room(more: number): void {
    if (this.#pending + more <= this.#bytes.length) return;
    const larger = new Uint8Array((this.#pending + more) * 2);
    larger.set(this.#bytes.subarray(0, this.#pending));
    this.#bytes = larger;
  }
}
