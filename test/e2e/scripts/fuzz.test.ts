import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../../..");

function fuzz(cwd: string, ...words: readonly string[]) {
  const run = spawnSync(process.execPath, [join(cwd, "scripts/fuzz.ts"), ...words], { cwd, encoding: "utf8" });
  return { code: run.status, out: run.stdout, err: run.stderr };
}

test("every target is listed with its kept inputs, a run tells seed and count, and an unknown word is an error", () => {
  const list = fuzz(root, "--list");
  const corpus = readdirSync(join(root, "test/fuzz/corpus"));
  const listed = list.out
    .split("\n")
    .flatMap((line) => /^([a-z-]+) .*\((\d+) kept inputs\)$/.exec(line)?.slice(1) ?? []);
  assert.equal(listed.length / 2, readdirSync(join(root, "test/fuzz/targets")).length);
  for (const name of corpus) assert.ok(listed.includes(name), name);
  assert.match(
    fuzz(root, "shell-words", "--iters", "50", "--seed", "9").out,
    /^shell-words: nothing found, 50 inputs .* seed 9\n$/,
  );
  for (const words of [["nothing"], [], ["shell-words", "--iters", "0"], ["shell-words", "--seed", "x"]])
    assert.equal(fuzz(root, ...words).code, 2, words.join(" "));
});

test("what breaks a promise is kept, told with a line that breaks it again, and tried first from then on", (t) => {
  const tree = mkdtempSync(join(tmpdir(), "fuzz-"));
  t.after(() => rmSync(tree, { recursive: true }));
  for (const folder of ["scripts", "test/support/fuzz", "test/fuzz/targets"])
    mkdirSync(join(tree, folder), { recursive: true });
  const support = ["properties.ts", "fuzz/target.ts", "fuzz/run-target.ts"].map((file) => `test/support/${file}`);
  for (const file of ["scripts/fuzz.ts", ...support]) copyFileSync(join(root, file), join(tree, file));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  writeFileSync(join(tree, "package.json"), '{"type":"module"}');
  writeFileSync(
    join(tree, "test/fuzz/targets/fragile.ts"),
    `import fc from "../../support/properties.ts";
     export const target = {
       name: "fragile", promise: "no input holds a Q", parsers: [], runs: 1, input: fc.uint8Array({ maxLength: 50 }),
       check: (input) => { if (input.includes(0x51)) throw new Error("it broke"); return true; },
     };`,
  );
  const first = fuzz(tree, "fragile", "--iters", "5000", "--seed", "3");
  assert.equal(first.code, 1, first.err);
  assert.match(first.out, /^fragile: FOUND, \d+ inputs .* seed 3\n/);
  assert.match(first.out, /it broke/);
  const again = /^again: npm run fuzz -- (.*)$/m.exec(first.out)?.[1]?.split(" ") ?? [];
  const path = again.at(-1) ?? "";
  assert.match(path, /^test\/fuzz\/corpus\/fragile\/found-[0-9a-f]{12}$/);
  assert.equal(readFileSync(join(tree, path), "latin1"), "Q");
  assert.equal(fuzz(tree, ...again).code, 1);
  assert.match(fuzz(tree, "fragile", "--iters", "5000", "--seed", "4").out, /^fragile: FOUND, 0 inputs/);
  assert.match(first.out, /^ {2}all: npm run fuzz -- fragile --seed 3 --iters 5000$/m);
});
