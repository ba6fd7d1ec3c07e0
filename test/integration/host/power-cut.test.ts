import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { programPath, skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";

const FILES = join(import.meta.dirname, "../../../src/host/files.ts");
const JOURNAL = join(import.meta.dirname, "../../../src/state/journal.ts");
const skip = skipWithout("strace");

/** What a program that runs `body` asks of the kernel, of these calls, in order. `FOLDER` stands for a folder of its own. */
function callsOf(body: string, calls: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "power-"));
  try {
    const out = join(folder, "calls");
    const script = body.replaceAll("FOLDER", folder);
    const argv = ["-f", "-qq", "-e", "signal=none", "-e", `trace=${calls}`, "-o", out, process.execPath, ...NODE_FLAGS];
    const done = spawnSync(programPath("strace") ?? "", [...argv, "--input-type=module", "-e", script]);
    assert.equal(done.status, 0, String(done.stderr));
    const lines = readFileSync(out, "utf8").split("\n");
    return lines.flatMap((line) => /^\d+ +(\w+\(.*)$/.exec(line)?.[1]?.replaceAll(folder, "FOLDER") ?? []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const at = (calls: readonly string[], part: RegExp) => calls.findIndex((call) => part.test(call));

test("a file of the state is on the disk before it takes its name: a power cut leaves the old one or the new one", {
  skip,
}, () => {
  const calls = callsOf(
    `const { writeFileAtomically } = await import(${JSON.stringify(FILES)}); await writeFileAtomically("FOLDER/a", "text");`,
    "write,pwrite64,fdatasync,rename",
  );
  const written = at(calls, /^p?write(?:64)?\(\d+, "text"/);
  const synced = calls.findIndex((call, index) => index > written && call.startsWith("fdatasync("));
  const renamed = at(calls, /^rename\("FOLDER\/\.[0-9a-f]{12}\.tmp", "FOLDER\/a"/);
  assert.ok(written >= 0 && written < synced && synced < renamed, calls.join("\n"));
});

test("an intent is on the disk before what it names is made", { skip }, () => {
  const calls = callsOf(
    `const { openJournal } = await import(${JSON.stringify(JOURNAL)}); const { mkdir } = await import("node:fs/promises");
     const journal = await openJournal("FOLDER/journal"); await journal.intent("make", null); await mkdir("FOLDER/made");`,
    "write,pwrite64,fdatasync,mkdir",
  );
  const written = at(calls, /^p?write(?:64)?\(\d+, "\\n\{\\"seq\\":1/);
  const synced = calls.findIndex((call, index) => index > written && call.startsWith("fdatasync("));
  assert.ok(written >= 0 && written < synced && synced < at(calls, /^mkdir\("FOLDER\/made"/), calls.join("\n"));
});
