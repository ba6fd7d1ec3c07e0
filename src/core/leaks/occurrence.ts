import { FOLD } from "./anchors.ts";
import { type Breaks, breaksAfter, passBreak, SEPARATES } from "./breaks.ts";
import { bytesOf } from "./characters.ts";
import { INTRODUCES, type Spellings } from "./spellings.ts";

/** One form of one needle, folded. */
export interface Form {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly breaks: Breaks;
}

/**
 * Follows a form whose first `index` bytes were read before `place`, through every spelling of the rest. Returns the
 * farthest end, -1 when it is not there; `spellings.cut` is set when more bytes might change that.
 */
export function endOf(spellings: Spellings, form: Form, index: number, place: number): number {
  const { bytes } = spellings;
  const wanted = form.bytes;
  let others: Ways | null = null;
  let end = -1;
  let way: Way | undefined = { index, place, broken: false };
  for (; way !== undefined; way = others?.next()) {
    let { index: i, place: at, broken } = way;
    for (; i < wanted.length && at < bytes.length; i++, at++) {
      const byte = bytes[at] as number;
      const escaped = INTRODUCES[byte] === 1;
      if (!broken && (escaped || SEPARATES[byte] === 1) && breaksAfter(form.breaks, i)) {
        const beyond = passBreak(spellings, form.breaks, at);
        others ??= new Ways();
        if (beyond >= 0) others.add({ index: i, place: beyond, broken: true });
      }
      if (escaped) {
        for (const reading of spellings.escapes(at)) {
          const length = lengthAt(wanted, i, reading.code);
          if (length === 0) continue;
          others ??= new Ways();
          others.add({ index: i + length, place: reading.end, broken: false });
        }
      }
      if (FOLD[byte] !== wanted[i]) break;
      broken = false;
    }
    if (i === wanted.length) end = Math.max(end, at);
    else if (at >= bytes.length) spellings.cut = true;
  }
  return end;
}

/** So much of a form was read before this place; `broken` when a break was the last of it. */
interface Way {
  readonly index: number;
  readonly place: number;
  readonly broken: boolean;
}

/** Ways yet to be followed. Those that meet again are followed once, so that doubtful text costs no more than its length. */
class Ways {
  readonly #open: Way[] = [];
  readonly #known = new Set<string>();

  add(way: Way): void {
    const key = `${way.index} ${way.place} ${way.broken}`;
    if (!this.#known.has(key)) this.#open.push(way);
    this.#known.add(key);
  }

  next(): Way | undefined {
    return this.#open.pop();
  }
}

/** The length of a reading's bytes when they stand in `wanted` from `index` on, else 0. */
export function lengthAt(wanted: Uint8Array, index: number, code: number): number {
  if (code < 0x80) return FOLD[code] === wanted[index] ? 1 : 0;
  const read = bytesOf(code);
  return read.every((byte, k) => byte === wanted[index + k]) ? read.length : 0;
}
