import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTranscript, transcriptSpan } from "../../../src/session/transcript.ts";
import { skipWithout } from "../../support/needs.ts";

async function agentText(path: string): Promise<string> {
  const { start, end } = await transcriptSpan(path);
  return readFileSync(path).toString("utf8", start, end);
}

test("of what script(1) wrote, the agent's part is left", { skip: skipWithout("script") }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const path = join(folder, "agent.log");
    const line = `trap '' INT; printf '[one]\\nScript started on x [COMMAND="trap'; sh -c 'exit 3'`;
    const run = spawnSync("script", ["-qefc", line, path], {
      stdio: "ignore",
      env: { ...process.env, SHELL: "/bin/sh" },
    });
    assert.equal(run.status, 3);
    assert.match(readFileSync(path, "utf8"), /^Script started on .*trap.*\n\[one\].*Script done on .*"3"\]\n$/s);
    assert.equal(await agentText(path), `[one]\r\nScript started on x [COMMAND="trap`);
    // While it still runs there is no last line; a first line that is not whole yet is not the agent's.
    const whole = readFileSync(path, "utf8");
    writeFileSync(path, whole.slice(0, whole.lastIndexOf("\nScript done")));
    assert.equal(await agentText(path), `[one]\r\nScript started on x [COMMAND="trap`);
    writeFileSync(path, whole.slice(0, whole.indexOf("\n") - 3));
    assert.equal(await agentText(path), "");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("output of a headless agent is left alone, whatever it looks like; no file is no output", async () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const path = join(folder, "agent.log");
    assert.equal(await agentText("/dev/null"), "");
    assert.deepEqual(await transcriptSpan(path), { start: 0, end: 0 });
    for (const text of [
      "",
      "plain\n",
      'Script started on 2026 [COMMAND="ls"]\nx\nScript done on 2026 [COMMAND_EXIT_CODE="0"]\n',
    ]) {
      writeFileSync(path, text);
      assert.equal(await agentText(path), text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a transcript that is full or cannot be written ends, said once; the agent goes on", () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const said: string[] = [];
    const path = join(folder, "agent.log");
    const transcript = openTranscript(path, (line) => said.push(line), 10);
    for (const piece of ["12345", "67890", "more", "and more"]) transcript.write(Buffer.from(piece));
    transcript.close();
    assert.equal(readFileSync(path, "utf8"), "1234567890");
    assert.equal(said.length, 1);
    const full = openTranscript("/dev/full", (line) => said.push(line));
    for (const piece of ["a", "b"]) full.write(Buffer.from(piece));
    full.close();
    assert.equal(said.length, 2);
    assert.match(said[1] ?? "", /not kept: ENOSPC/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
