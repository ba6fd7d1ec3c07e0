import {
  bound,
  bytesOf,
  type Clipboard,
  LONGEST_CSI,
  type OutputRules,
  passesCsi,
  passesString,
} from "./terminal-output/commands.ts";

export type { Clipboard, OutputRules };

/** Takes what a program on a private terminal prints, piece by piece, and answers what the operator's may get of it. */
export interface OutputFilter {
  push(piece: Uint8Array): Uint8Array;
  /** What must be written before bytes of our own, which may stand anywhere but inside a picture: its rest is left out. */
  breakIn(): Uint8Array;
}

const ESC = 0x1b;
const BEL = 0x07;
const [CAN, SUB] = [0x18, 0x1a];
const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

/**
 * What of the commands that programs write to a terminal reaches the operator's: text, colours, cursor, modes, keys and
 * the size, titles without control characters. Not what makes a terminal read files, type by itself, print, move its
 * window, take another font, or hand something on to a terminal behind it; the clipboard by `rules`. Unknown strings
 * (OSC, DCS, APC) are left out, unknown CSI and ESC sequences are not, since they carry no text (ECMA-48, xterm's
 * ctlseqs, kitty's protocols). C1 controls are left out in both of their forms.
 */
export function filterOutput(rules: OutputRules): OutputFilter {
  type State = "text" | "escape" | "between" | "csi" | "string" | "skip" | "stream";
  let state: State = "text";
  /** Bytes of the sequence that is open, without ESC and what begins it. */
  let open: number[] = [];
  let kind = 0;
  let escaped = false;
  /** The first byte of a UTF-8 character of several, held until the next one tells what it is; then how many are to come. */
  let lead: number | null = null;
  let left = 0;

  return {
    push: (piece) => {
      const out = new Bytes(piece.length + 16);
      for (let at = 0; at < piece.length; ) {
        const plain = state === "text" && lead === null && left === 0 ? plainEnd(piece, at) : at;
        if (plain > at) out.addAll(piece.subarray(at, plain));
        if (plain < piece.length) step(piece[plain] ?? 0, out);
        at = plain + 1;
      }
      return out.taken();
    },
    breakIn: () => {
      const out = new Bytes(2);
      breakOff(out);
      if (state === "stream") state = "skip";
      // What follows of a character that has begun is none any more.
      left = 0;
      return out.taken();
    },
  };

  function step(byte: number, out: Bytes) {
    switch (state) {
      case "text":
        return text(byte, out);
      case "escape":
        return afterEscape(byte, out);
      case "between":
        return between(byte, out);
      case "csi":
        return csi(byte, out);
      default:
        return string(byte, out);
    }
  }

  function text(byte: number, out: Bytes) {
    if (lead !== null) {
      const first = lead;
      lead = null;
      if (follows(first, byte)) {
        out.add(first, byte);
        left = first < 0xe0 ? 0 : first < 0xf0 ? 1 : 2;
        return;
      }
      // U+0080 to U+009F: C1 controls, which some terminals obey.
      if (first === 0xc2 && byte >= 0x80 && byte < 0xa0) return;
      out.add(...REPLACEMENT);
    } else if (left > 0) {
      left = byte >= 0x80 && byte <= 0xbf ? left - 1 : -1;
      if (left >= 0) return void out.add(byte);
      left = 0;
    }
    if (byte === ESC) begin("escape");
    else if (isPlain(byte)) out.add(byte);
    else if (byte >= 0xc2 && byte <= 0xf4) lead = byte;
    else if (byte >= 0x80) out.add(...REPLACEMENT);
  }

  function begin(next: State) {
    state = next;
    open = [];
    escaped = false;
  }

  function afterEscape(byte: number, out: Bytes) {
    if (byte === ESC) return;
    if (byte === 0x5b) return begin("csi");
    if (byte === 0x5d || byte === 0x50 || byte === 0x5f) {
      kind = byte;
      return begin("string");
    }
    // SOS, PM, and the title of screen(1).
    if (byte === 0x58 || byte === 0x5e || byte === 0x6b) {
      kind = byte;
      return begin("skip");
    }
    if (byte >= 0x20 && byte <= 0x2f) {
      begin("between");
      open.push(byte);
      return;
    }
    begin("text");
    if (byte >= 0x30 && byte <= 0x7e) out.add(ESC, byte);
    else text(byte, out);
  }

  /** ESC, intermediate bytes, and one final byte. */
  function between(byte: number, out: Bytes) {
    if (byte >= 0x20 && byte <= 0x2f && open.length < 4) return void open.push(byte);
    const sequence = open;
    begin("text");
    if (byte < 0x30 || byte > 0x7e) return text(byte, out);
    // `ESC %` chooses another encoding, `ESC SP` how the terminal itself speaks.
    if (sequence[0] !== 0x25 && sequence[0] !== 0x20) out.add(ESC, ...sequence, byte);
  }

  function csi(byte: number, out: Bytes) {
    if (byte >= 0x20 && byte <= 0x3f) {
      if (open.length < LONGEST_CSI) open.push(byte);
      else begin("text");
      return;
    }
    const sequence = String.fromCharCode(...open);
    if (byte >= 0x40 && byte <= 0x7e) {
      begin("text");
      if (passesCsi(sequence, String.fromCharCode(byte))) out.add(ESC, 0x5b, ...bytesOf(sequence), byte);
    } else if (byte === ESC) begin("escape");
    else if (byte === CAN || byte === SUB || byte >= 0x80) begin("text");
    // A control inside is obeyed at once.
    else if (isPlain(byte)) out.add(byte);
  }

  /** A string up to BEL (OSC only) or ST; ESC and anything else than `\` ends it and begins anew. */
  function string(byte: number, out: Bytes) {
    if (escaped) {
      escaped = false;
      if (byte === 0x5c) return finish(out, [ESC, 0x5c]);
      breakOff(out);
      begin("escape");
      return afterEscape(byte, out);
    }
    if (byte === ESC) {
      escaped = true;
      return;
    }
    if (byte === BEL && kind === 0x5d) return finish(out, [BEL]);
    if (byte === CAN || byte === SUB) {
      breakOff(out);
      return begin("text");
    }
    if (state === "skip") return;
    if (state === "stream") {
      if (byte >= 0x20 && byte < 0x7f) out.add(byte);
      return;
    }
    open.push(byte);
    if (kind === 0x50 && byte === 0x71 && /^[\d;]*q$/.test(String.fromCharCode(...open.slice(0, 32)))) {
      // A picture (sixel) has no bound of its own.
      out.add(ESC, kind, ...open);
      state = "stream";
      open = [];
    } else if (open.length > bound(kind, open)) {
      state = "skip";
      open = [];
    }
  }

  /** What has gone on of a picture must not swallow what comes behind it. */
  function breakOff(out: Bytes) {
    if (state === "stream") out.add(ESC, 0x5c);
  }

  function finish(out: Bytes, end: readonly number[]) {
    const was = state;
    const content = was === "string" ? passesString(kind, Uint8Array.from(open), rules) : null;
    begin("text");
    if (was === "stream") out.add(...end);
    if (content !== null)
      out
        .add(ESC, kind)
        .addAll(content)
        .add(...end);
  }
}

/** Text of one byte a character, and the controls from BEL to SI. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 ? byte < 0x80 : byte >= 0x07 && byte <= 0x0f;
}

/** Index of the first byte from `at` on that is not plain. */
function plainEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && isPlain(bytes[end] ?? 0)) end += 1;
  return end;
}

/** May this byte follow that first one of a UTF-8 character (RFC 3629, section 4)? Not in an overlong form, nor as C1. */
function follows(lead: number, byte: number): boolean {
  const least = lead === 0xc2 || lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const greatest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  return byte >= least && byte <= greatest;
}

/** Bytes that grow. */
class Bytes {
  #bytes: Uint8Array;
  #length = 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  add(...bytes: readonly number[]): this {
    this.#grow(bytes.length);
    for (const byte of bytes) this.#bytes[this.#length++] = byte;
    return this;
  }

  addAll(bytes: Uint8Array): this {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const wider = new Uint8Array((this.#length + more) * 2);
    wider.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = wider;
  }
}
