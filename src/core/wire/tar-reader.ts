import { printable } from "./printable.ts";
import { blockOf, type TarEntry, type TarHead, tarEntry } from "./tar-head.ts";
import { paxOverrides } from "./tar-pax.ts";

export type TarEvent =
  | { readonly type: "entry"; readonly entry: TarEntry }
  /** A piece of the content of the last entry, which is a file. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  /** The last entry is whole. */
  | { readonly type: "close" }
  /** The archive is not right, or goes beyond a limit. Nothing comes after it. */
  | { readonly type: "problem"; readonly problem: string };

export interface TarLimits {
  readonly entries: number;
  /** Of all contents together. */
  readonly bytes: number;
  /** Of one path. */
  readonly pathBytes: number;
  /** Folders above an entry. */
  readonly depth: number;
}

const BLOCK = 512;
/** Of a pax header or a GNU name: more is no name. */
const META_BYTES = 64 * 1024;
/** GNU tar fills up to 10 KiB after the end. */
const TRAILER_BYTES = 1 << 20;
/** NAME_MAX of the file systems of Linux. */
const NAME_BYTES = 255;

type Meta = "x" | "g" | "L" | "K";
type State =
  | { readonly at: "head" }
  | { readonly at: "meta"; readonly kind: Meta; readonly size: number }
  | { readonly at: "content"; left: number; readonly padding: number; readonly shown: boolean }
  | { readonly at: "padding"; left: number }
  | { readonly at: "second end block" }
  | { readonly at: "trailer"; seen: number }
  | { readonly at: "failed" };

/**
 * Reads a tar archive that somebody inside wrote (attack row 143): ustar, pax (POSIX.1-2017, pax) and the long names of
 * GNU tar. Strict: a header that two readers could understand differently is a problem, not a guess; so are names that
 * are absolute or go up. Holds one header at a time, never content.
 */
export class TarReader {
  readonly #limits: TarLimits;
  #state: State = { at: "head" };
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #pax: ReadonlyMap<string, Uint8Array> | null = null;
  #longName: Uint8Array | null = null;
  #longTarget: Uint8Array | null = null;
  #entries = 0;
  #bytes = 0;

  constructor(limits: TarLimits) {
    this.#limits = limits;
  }

  /** What this piece of the archive brings, in order. Contents are slices of the piece, not copies. */
  push(chunk: Uint8Array): TarEvent[] {
    const events: TarEvent[] = [];
    let rest = chunk;
    while (rest.length > 0 && this.#state.at !== "failed") rest = this.#step(rest, events);
    return events;
  }

  /**
   * Goes over what is left of the last entry's content, for who can seek: so many bytes are not to be pushed, and no
   * `close` is said for it.
   */
  skip(): number {
    const state = this.#state;
    if (state.at !== "content" && state.at !== "padding") return 0;
    this.#state = { at: "head" };
    return state.left + (state.at === "content" ? state.padding : 0);
  }

  /** At the end of the stream: null when the archive was whole, else what is wrong. */
  end(): string | null {
    if (this.#state.at === "trailer") return null;
    if (this.#state.at === "failed") return "it was not right before its end";
    return "it ends too early";
  }

  #step(rest: Uint8Array, events: TarEvent[]): Uint8Array {
    const state = this.#state;
    switch (state.at) {
      case "head":
      case "second end block":
        return this.#collect(rest, BLOCK, events, (block) =>
          this.#block(block, state.at === "second end block", events),
        );
      case "meta":
        return this.#collect(rest, state.size + paddingOf(state.size), events, (bytes) =>
          this.#meta(state.kind, bytes.subarray(0, state.size), bytes.subarray(state.size)),
        );
      case "content": {
        const piece = rest.subarray(0, state.left);
        if (state.shown && piece.length > 0) events.push({ type: "data", bytes: piece });
        state.left -= piece.length;
        if (state.left === 0) {
          if (state.shown) events.push({ type: "close" });
          this.#state = state.padding === 0 ? { at: "head" } : { at: "padding", left: state.padding };
        }
        return rest.subarray(piece.length);
      }
      case "padding": {
        const piece = rest.subarray(0, state.left);
        state.left -= piece.length;
        if (state.left === 0) this.#state = { at: "head" };
        return rest.subarray(piece.length);
      }
      case "trailer":
        state.seen += rest.length;
        if (rest.some((byte) => byte !== 0)) this.#fail("something follows its end", events);
        else if (state.seen > TRAILER_BYTES) this.#fail("its end is too long", events);
        return rest.subarray(rest.length);
      case "failed":
        return rest.subarray(rest.length);
    }
  }

  /** Holds bytes back until there are `size`, then hands them on together. */
  #collect(rest: Uint8Array, size: number, events: TarEvent[], use: (bytes: Uint8Array) => string | null): Uint8Array {
    const piece = rest.subarray(0, size - this.#heldBytes);
    let problem: string | null = null;
    if (this.#heldBytes === 0 && piece.length === size) problem = use(piece);
    else {
      // A copy: the stream may use its buffer again.
      this.#held.push(Uint8Array.prototype.slice.call(piece));
      this.#heldBytes += piece.length;
      if (this.#heldBytes === size) {
        const whole = Buffer.concat(this.#held);
        this.#held = [];
        this.#heldBytes = 0;
        problem = use(whole);
      }
    }
    if (problem !== null) this.#fail(problem, events);
    return rest.subarray(piece.length);
  }

  #block(block: Uint8Array, second: boolean, events: TarEvent[]): string | null {
    const read = blockOf(block);
    if (read.kind === "zero") {
      if (this.#pax !== null || this.#longName !== null || this.#longTarget !== null)
        return "a header of an entry stands before its end";
      this.#state = second ? { at: "trailer", seen: 0 } : { at: "second end block" };
      return null;
    }
    if (second) return "a single empty block stands in it";
    if (read.kind === "problem") return read.problem;
    const { head } = read;
    if (head.type === "x" || head.type === "g" || head.type === "L" || head.type === "K") {
      if (head.size === 0 || head.size > META_BYTES) return "a header of an odd size";
      this.#state = { at: "meta", kind: head.type, size: head.size };
      return null;
    }
    return this.#entry(head, events);
  }

  #meta(kind: Meta, bytes: Uint8Array, padding: Uint8Array): string | null {
    this.#state = { at: "head" };
    if (padding.some((byte) => byte !== 0)) return "a header is followed by more than it says";
    if (kind === "L" || kind === "K") {
      const name = bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
      if ((kind === "L" ? this.#longName : this.#longTarget) !== null) return "two names for one entry";
      if (kind === "L") this.#longName = Uint8Array.prototype.slice.call(name);
      else this.#longTarget = Uint8Array.prototype.slice.call(name);
      return null;
    }
    const read = paxOverrides(bytes, kind === "g");
    if (!read.ok) return read.problem;
    if (kind === "g") return null;
    if (this.#pax !== null) return "two pax headers for one entry";
    this.#pax = read.values;
    return null;
  }

  #entry(head: TarHead, events: TarEvent[]): string | null {
    const read = tarEntry(head, { pax: this.#pax, name: this.#longName, target: this.#longTarget });
    this.#pax = null;
    this.#longName = null;
    this.#longTarget = null;
    if (!read.ok) return read.problem;
    const { entry } = read;
    const where = printable(entry.path, 200);
    this.#entries += 1;
    this.#bytes += read.content;
    const parts = entry.path === "" ? [] : entry.path.split("/");
    const limits = this.#limits;
    if (this.#entries > limits.entries) return `it has more than ${limits.entries} entries`;
    if (this.#bytes > limits.bytes) return `it holds more than ${limits.bytes} bytes`;
    if (Buffer.byteLength(entry.path) > limits.pathBytes) return `a path is too long: ${where}`;
    if (parts.length > limits.depth) return `a path is too deep: ${where}`;
    if (parts.some((part) => Buffer.byteLength(part) > NAME_BYTES)) return `a name is too long: ${where}`;
    events.push({ type: "entry", entry });
    const shown = entry.kind === "file";
    if (read.content > 0) {
      this.#state = { at: "content", left: read.content, padding: paddingOf(read.content), shown };
      return null;
    }
    this.#state = { at: "head" };
    if (shown) events.push({ type: "close" });
    return null;
  }

  #fail(problem: string, events: TarEvent[]): void {
    this.#state = { at: "failed" };
    events.push({ type: "problem", problem });
  }
}

const paddingOf = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
