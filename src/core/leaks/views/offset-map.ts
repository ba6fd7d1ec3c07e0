/** How a run of decoded bytes follows from the bytes of the stream: `num` source bytes for each `den` decoded ones. */
export interface Ratio {
  readonly num: number;
  readonly den: number;
}

/** Decoded bytes that stand for themselves. */
export const LITERAL: Ratio = { num: 1, den: 1 };

interface Entry {
  /** First decoded byte, and the byte of the source with which it begins. Negative where the first ones were left out. */
  readonly decoded: number;
  readonly source: number;
  /** A number: so many source bytes that only make sense together, e.g. of one escape. */
  readonly ratio: Ratio | number;
  /** Name of the encoding taken off. */
  readonly label: string;
}

/** Leads from offsets of decoded bytes back to those of their source. */
export class OffsetMap {
  #entries: Entry[] = [];

  add(decoded: number, source: number, ratio: Ratio | number, label: string): void {
    this.#entries.push({ decoded, source, ratio, label });
  }

  clear(): void {
    if (this.#entries.length > 0) this.#entries = [];
  }

  /** The first source byte of a decoded one. */
  startOf(decoded: number): number {
    const { decoded: first, source, ratio } = this.#at(this.#indexOf(decoded));
    return typeof ratio === "number" ? source : source + Math.floor(((decoded - first) * ratio.num) / ratio.den);
  }

  /** The place behind the last source byte of the decoded one before this. */
  endOf(decoded: number): number {
    const { decoded: first, source, ratio } = this.#at(this.#indexOf(decoded - 1));
    return source + (typeof ratio === "number" ? ratio : Math.ceil(((decoded - first) * ratio.num) / ratio.den));
  }

  /** The first encoding in a range of decoded bytes; null when all of them stand for themselves. */
  labelIn(start: number, end: number): string | null {
    for (let i = this.#indexOf(start); i < this.#entries.length && this.#at(i).decoded < end; i++) {
      if (this.#at(i).ratio !== LITERAL) return this.#at(i).label;
    }
    return null;
  }

  /** Forgets what concerns only decoded bytes before this one. */
  dropTo(decoded: number): void {
    const index = this.#indexOf(decoded);
    // Now and then, so that each entry is moved a constant number of times.
    if (index > 64 && index * 2 > this.#entries.length) this.#entries = this.#entries.slice(index);
  }

  #indexOf(decoded: number): number {
    let low = 0;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#at(middle).decoded <= decoded) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #at(index: number): Entry {
    return this.#entries[index] as Entry;
  }
}
