/** Where the parts of an event stream go. */
export interface EventParts {
  /** Bytes of the present event's data, in order; a line feed between two lines of it is left out. */
  data(bytes: Uint8Array, from: number, to: number): void;
  /** The event is whole. */
  end(): void;
}

/** Reads server-sent events as they pass (WHATWG HTML, 9.2.6), and keeps nothing. */
export interface EventStream {
  /** Never throws but what `parts` throws. */
  push(bytes: Uint8Array): void;
}

const LF = 0x0a;
const CR = 0x0d;
const FIELD = [..."data:"].map((char) => char.charCodeAt(0));
const MARK = [0xef, 0xbb, 0xbf];

/** Only the data of events is looked at: names, ids and comments are passed over. */
export function createEventStream(parts: EventParts): EventStream {
  /** How much of `data:` the line has so far; -1: it is another one; `FIELD.length`: what follows is data. */
  let matched = 0;
  let isEmpty = true;
  let first = false;
  let afterCr = false;
  let marked = 0;

  const endLine = () => {
    if (isEmpty) parts.end();
    matched = 0;
    isEmpty = true;
    first = false;
  };
  return {
    push: (bytes) => {
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] as number;
        if (marked >= 0 && marked < MARK.length && byte === MARK[marked]) {
          marked += 1;
          continue;
        }
        marked = -1;
        const wasCr = afterCr;
        afterCr = byte === CR;
        if (byte === CR || byte === LF) {
          if (byte === CR || !wasCr) endLine();
          continue;
        }
        isEmpty = false;
        if (matched === FIELD.length) {
          const from = first && byte === 0x20 ? at + 1 : at;
          first = false;
          let to = from;
          while (to < bytes.length && bytes[to] !== LF && bytes[to] !== CR) to++;
          if (to > from) parts.data(bytes, from, to);
          at = to - 1;
        } else if (matched >= 0) {
          matched = byte === FIELD[matched] ? matched + 1 : -1;
          first = matched === FIELD.length;
        }
      }
    },
  };
}
