import assert from "node:assert/strict";
import { filterOutput } from "../../../src/core/wire/terminal-output.ts";
import { cutInWays, type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";

const BEGIN = [
  "\u001b",
  "\u001b[",
  "\u001b]",
  "\u001bP",
  "\u001b_",
  "\u001b\\",
  "\u009b",
  "\u009d",
  "\u0007",
  "\u0018",
];
const WORDS = "] [ P _ X 52;c; aGVsbG8= tmux; 0; t 21 é q ; x 1337;File= G t=f; % @ i".split(" ");

/** What reaches the operator's terminal of these pieces. */
function shown(pieces: readonly Uint8Array[]): Buffer {
  const filter = filterOutput({ clipboard: "off" });
  return Buffer.concat(pieces.map((piece) => filter.push(piece)));
}

export const target: FuzzTarget = {
  name: "terminal-output",
  promise: "row 129: of what an agent prints no command beyond the list leaves, however it is cut",
  parsers: ["src/core/wire/terminal-output.ts", "src/core/wire/terminal-output"],
  input: wordsOf([...BEGIN, ...BEGIN, ...WORDS], 40),
  runs: 3000,
  check: (input) => {
    const [whole, ...cut] = cutInWays(input).map(shown);
    assert.ok(whole !== undefined);
    for (const other of cut) assert.deepEqual(other, whole);
    const text = whole.toString("utf8");
    assert.doesNotMatch(text, /[\u0080-\u009f\u0000-\u0006\u0010-\u001a]/);
    assert.doesNotMatch(text, /\u001b(?:\](?:52|1337|50|7);|Ptmux|_G[^\u001b]*t=f|[X^k%]|\[[\d;]*i|\[21t)/);
    // What it lets through once, it lets through again.
    assert.deepEqual(shown([whole]), whole);
    return whole.length > 0;
  },
};
