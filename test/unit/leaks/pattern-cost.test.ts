import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import { compilePatterns, type PatternSet } from "../../../src/core/leaks/patterns.ts";
import type { TokenFormat } from "../../../src/core/leaks/token-format.ts";

/** Runs something and counts the characters that expressions were given to read. */
function charactersRead(run: () => void): number {
  const exec = RegExp.prototype.exec;
  let count = 0;
  RegExp.prototype.exec = function (text: string): RegExpExecArray | null {
    count += text.length;
    return exec.call(this, text);
  };
  try {
    run();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return count;
}

/** What makes a format try as often and as long as it can, and still fail. */
function worst(format: TokenFormat): readonly string[] {
  const keyword = format.keywords[0] ?? "";
  const sample = format.samples()[0] ?? "";
  return [
    keyword,
    `${keyword} `,
    `${keyword}.`,
    `-${sample.slice(0, -1)} `,
    `-${sample.slice(0, sample.length >> 1)}-`,
  ];
}

const filled = (unit: string, length: number) =>
  Buffer.from(unit.repeat(Math.ceil(length / unit.length)).slice(0, length));
const work = (set: PatternSet, bytes: Buffer) => charactersRead(() => void set.scan(bytes, true));

test("rows 105, 120, 123: four times the text is four times the work, whatever was made to look like tokens", () => {
  let total = 0;
  for (const format of FORMATS) {
    const set = compilePatterns([format]);
    for (const unit of worst(format)) {
      // Both are long against the longest window.
      const [short, long] = [work(set, filled(unit, 8192)), work(set, filled(unit, 32_768))];
      total += short;
      assert.ok(long <= 5 * short + 32_768, `${format.id} with ${JSON.stringify(unit)}: ${short}, then ${long}`);
    }
  }
  assert.ok(total > 1e6);
});

test("rows 120, 123: an expression that is given a long window reads it in time that grows with its length", () => {
  // Time of the processor, the least of several runs, summed over all that are long: no limit, a ratio.
  const long = FORMATS.filter(({ maxBytes }) => maxBytes >= 1000);
  assert.ok(long.length > 5);
  const time = (length: number) => {
    let sum = 0;
    for (const { pattern, keywords, samples } of long) {
      const sticky = new RegExp(pattern.source, `${pattern.flags}y`);
      const sample = samples()[0] ?? "";
      for (const filling of [sample.slice(0, 400), sample.slice(-9, -1), "A", "n\\", "a.", "-", "=:"]) {
        const window = `${keywords[0]}${filling.repeat(length)}`.slice(0, length);
        let least = Number.POSITIVE_INFINITY;
        for (let run = 0; run < 5; run++) {
          const before = process.cpuUsage();
          for (let i = 0; i < 20; i++) {
            sticky.lastIndex = 0;
            sticky.exec(window);
          }
          const { user, system } = process.cpuUsage(before);
          least = Math.min(least, user + system);
        }
        sum += least;
      }
    }
    return sum;
  };
  time(1000);
  const [short, double] = [time(4000), time(16_000)];
  assert.ok(double < 9 * short + 50_000, `${short} µs, then ${double} µs`);
});

test("row 105: text without keywords is never read by an expression", () => {
  const set = compilePatterns();
  assert.equal(work(set, filled("the quick brown fox jumps over the lazy dog, 0123456789 times; ", 65_536)), 0);
});
