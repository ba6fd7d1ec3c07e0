import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { folderSize } from "../../../src/host/folder-size.ts";

test("a folder's size is that of the files in it, and of nothing that it links to", () => {
  const folder = mkdtempSync(join(tmpdir(), "size-"));
  try {
    assert.deepEqual(folderSize(folder), { bytes: 0, files: 0 });
    mkdirSync(join(folder, "a/b"), { recursive: true });
    // No text that a file system could make smaller.
    const bytes = crypto.getRandomValues(Buffer.alloc(50_000));
    writeFileSync(join(folder, "a/b/one"), bytes);
    writeFileSync(join(folder, "two"), bytes);
    symlinkSync("/", join(folder, "root"));
    symlinkSync("..", join(folder, "a/loop"));
    const { bytes: size, files } = folderSize(folder);
    assert.equal(files, 2);
    assert.ok(size >= 100_000 && size < 400_000, `${size} bytes`);
    assert.deepEqual(folderSize(join(folder, "absent")), { bytes: 0, files: 0 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
