import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hunksOf, withHunks } from "../../../src/core/work/hunks.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import fc from "../../support/properties.ts";

const TEXT = fc
  .tuple(
    fc.array(fc.constantFrom("a", "b", "-- x", "++ y", "@@ -1 +1 @@", "\\ No newline", "", "é\u001b"), {
      maxLength: 60,
    }),
    fc.boolean(),
  )
  .map(([lines, end]) => lines.join("\n") + (end ? "\n" : ""));

test("all hunks make the new file, none the old one, and any choice exactly its own lines", {
  skip: skipWithout("git"),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), "hunks-"));
  const git = (...args: readonly string[]) =>
    spawnSync(programPath("git") ?? "git", args, {
      cwd: folder,
      env: { HOME: folder, PATH: "/usr/bin:/bin", GIT_CEILING_DIRECTORIES: "/" },
    });
  try {
    fc.assert(
      fc.property(TEXT, TEXT, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (old, now, choice) => {
        writeFileSync(join(folder, "x"), old);
        writeFileSync(join(folder, "y"), now);
        const patch = git("diff", "--no-index", "--no-color", "-U1", "x", "y").stdout.toString("latin1");
        const hunks = hunksOf(patch);
        const latin = (text: string) => Buffer.from(text).toString("latin1");
        assert.equal(withHunks(latin(old), hunks), latin(now));
        assert.equal(withHunks(latin(old), []), latin(old));
        const some = hunks.filter((_, index) => choice[index]);
        const made = withHunks(latin(old), some);
        // Hunks of one patch never overlap: each adds and takes its own lines wherever the others are.
        const count = (text: string) =>
          text.split("\n").filter((line, index, all) => line !== "" || index < all.length - 1).length;
        const grown = some.flatMap(({ lines }) =>
          lines.map((line) => (line.startsWith("+") ? 1 : line.startsWith("-") ? -1 : 0)),
        );
        const expected = count(latin(old)) + grown.reduce((sum: number, step) => sum + step, 0);
        // An end without a line feed that something now follows is no line of its own any more.
        assert.ok(made !== null && Math.abs(count(made) - expected) <= (old.endsWith("\n") || old === "" ? 0 : 1));
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("hunks of another file change nothing", () => {
  const hunks = hunksOf("--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two\n");
  assert.equal(withHunks("one\n", hunks), "two\n");
  for (const other of ["", "three\n", "one"]) assert.equal(withHunks(other, hunks), null);
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      (text, patch) => void withHunks(text, hunksOf(patch)),
    ),
  );
});
