import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";

test("row 130: on a full disk an append rejects, the chain stays whole, and it goes on when there is room again", {
  skip: skipWithout("bubblewrap"),
}, (context) => {
  const folder = mkdtempSync(join(tmpdir(), "full-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const child = join(import.meta.dirname, "full-disk-child.ts");
  // A mount namespace of its own: the small disk is seen by the child alone and goes with it.
  const small = ["--dev-bind", "/", "/", "--size", String(256 * 1024), "--tmpfs", folder, "--die-with-parent"];
  const ran = spawnSync("bwrap", [...small, process.execPath, child, folder], { encoding: "utf8", timeout: 60_000 });
  assert.equal(ran.status, 0, ran.stderr);
  const seen = JSON.parse(ran.stdout);
  assert.deepEqual(seen.outcomes.sort(), ["ENOSPC", "written"]);
  assert.deepEqual(seen.whenFull, { ok: true, lines: seen.written, head: seen.headWhenFull, afterRecorded: 0 });
  assert.equal(seen.afterwards, "written");
  assert.equal(seen.whenFree.ok, true);
  assert.equal(seen.whenFree.lines, seen.written + 1);
  assert.deepEqual(
    [seen.replace, seen.kept, seen.temps],
    ["ENOSPC", "old", 0],
    "a file is replaced whole or not at all",
  );
});
