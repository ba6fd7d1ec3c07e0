import type { Arbitrary } from "fast-check";
import fc from "../properties.ts";

/** One parser, or two that must agree, and the promise that no input breaks. Everything follows from the input's bytes. */
export interface FuzzTarget {
  /** The word on the command line, and the folder of its corpus. */
  readonly name: string;
  /** Title of its test; begins with the attack rows that it guards. */
  readonly promise: string;
  /** Files of `src` that read these bytes. */
  readonly parsers: readonly string[];
  /** Inputs near the grammar; inputs of the corpus with changes come besides. */
  readonly input: Arbitrary<Uint8Array>;
  /** Runs in the suite; the slower one input is, the fewer. */
  readonly runs: number;
  /** Throws when the promise is broken; true when the parser took the input, so that there was something to compare. */
  check(input: Buffer): boolean | Promise<boolean>;
  /** Ends what `check` keeps between inputs. */
  close?(): Promise<void>;
}

/** Text as bytes; characters beyond Latin-1 as UTF-8, so that no two texts become one. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, /^[\0-\xff]*$/.test(text) ? "latin1" : "utf8");
}

/** Texts of these words and, rarely, of anything else. */
export function wordsOf(words: readonly string[], maxLength: number): Arbitrary<Uint8Array> {
  const piece = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...words) },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 3 }) },
  );
  return fc.array(piece, { maxLength }).map((pieces) => bytesOf(pieces.join("")));
}

/** Where to cut `length` bytes, by the bytes themselves: the same input is always cut in the same places. */
export function cutsOf(input: Uint8Array): readonly number[] {
  let state = input.length + 1;
  for (const byte of input) state = (Math.imul(state, 31) + byte) >>> 0;
  const cuts: number[] = [];
  for (let at = 0; cuts.length < 64; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    at += 1 + ((state >>> 16) % 23);
    if (at >= input.length) break;
    cuts.push(at);
  }
  return cuts;
}

/** The input whole, byte by byte, and cut in some places. */
export function cutInWays(input: Buffer): readonly (readonly Buffer[])[] {
  const singly = Array.from({ length: input.length }, (_, at) => input.subarray(at, at + 1));
  const cuts = cutsOf(input);
  const some = [0, ...cuts].map((start, index) => input.subarray(start, cuts[index] ?? input.length));
  return [[input], singly, some];
}
