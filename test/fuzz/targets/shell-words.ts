import assert from "node:assert/strict";
import { shellLine } from "../../../src/core/wire/shell-words.ts";
import { type FuzzTarget, wordsOf } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const WORDS = [
  "'",
  '"',
  "\\",
  "$(",
  "`",
  "a",
  "~",
  "~root",
  "-",
  "#",
  "!",
  "*",
  ";",
  "&",
  "{a,b}",
  "=",
  " ",
  "\n",
  "\t",
  "é",
];

/** Words of a line as a POSIX shell splits it (XCU 2.2), for what may be left to it: plain characters, `'...'` and `\'`. */
function split(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; ) {
    const char = line[at] ?? "";
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      assert.notEqual(end, -1, "an open quote");
      word = (word ?? "") + line.slice(at + 1, end);
      at = end + 1;
    } else if (char === "\\") {
      word = (word ?? "") + (line[at + 1] ?? "");
      at += 2;
    } else if (char === " ") {
      if (word !== null) words.push(word);
      word = null;
      at += 1;
    } else {
      assert.match(char, /^[A-Za-z0-9_/.,:=@%+-]$/, "it means something to a shell");
      word = (word ?? "") + char;
      at += 1;
    }
  }
  return word === null ? words : [...words, word];
}

export const target: FuzzTarget = {
  name: "shell-words",
  promise: "rows 141, 152: a command that is offered is split into exactly the words that it was made of",
  parsers: ["src/core/wire/shell-words.ts"],
  input: fc.oneof(wordsOf(WORDS, 8), wordsOf([...WORDS, "\0", "\0"], 12)),
  runs: 10_000,
  check: (input) => {
    const words = input.toString("utf8").split("\0");
    assert.deepEqual(split(shellLine(words)), words);
    return words.some((word) => /\W/.test(word));
  },
};
