import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compilePatterns, compileStrictPatterns } from "../../../src/core/leaks/patterns.ts";
import { CLEAN_KINDS, cleanCorpus } from "../../support/leaks/clean-corpus.ts";

test("row 105: in 8 MiB of lockfiles, hashes, scripts, images and chats nothing is taken for a token", () => {
  const set = compilePatterns();
  const kinds = new Set<string>();
  for (const { kind, bytes } of cleanCorpus(17, 8 * 2 ** 20)) {
    kinds.add(kind);
    for (const { format, start } of set.scan(bytes, true).matches) {
      assert.fail(`${format} in ${kind}: ${bytes.toString("latin1", start - 40, start + 60)}`);
    }
  }
  assert.deepEqual([...kinds], Object.keys(CLEAN_KINDS));
});

const ROOT = join(import.meta.dirname, "../../..");

test("row 105: the sources of this repository, the token formats too, and of its libraries hold no token", () => {
  const set = compilePatterns();
  const own = globSync(["src/**/*.ts", "test/support/**/*.ts", "scripts/**/*.ts", "docs/**/*.md", "*.md"], {
    cwd: ROOT,
  });
  const others = globSync("node_modules/*/{README.md,package.json,lib/*.js,dist/*.js}", { cwd: ROOT });
  assert.ok(own.length > 500);
  for (const path of [...own, ...others]) {
    const bytes = readFileSync(join(ROOT, path));
    for (const { format, start } of set.scan(bytes, true).matches) {
      assert.fail(`${format} in ${path}: ${bytes.toString("latin1", start - 40, start + 60)}`);
    }
  }
});

test("the corpus is the same for the same seed, and has what the strict level looks for", () => {
  const all = (seed: number) => Buffer.concat([...cleanCorpus(seed, 1)].map(({ bytes }) => bytes));
  const corpus = all(3);
  assert.deepEqual(all(3), corpus);
  assert.ok(!all(4).equals(corpus));
  const strict = compileStrictPatterns();
  assert.ok(
    strict.scan(Buffer.from(`${corpus.toString("latin1")} token: "f3Zk90QpLm28Xc7Vb1Nw"`), true).matches.length > 0,
  );
});
