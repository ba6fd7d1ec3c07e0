import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openTranscript, transcriptSpan, withoutHeader, withoutTrailer } from "../../../src/session/transcript.ts";
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
    assert.deepEqual(await transcriptSpan(path), { start: 0, end: 0, cut: 0 });
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

test("a transcript that has grown to its limit keeps the newest, and its first line says how much went", async () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const path = join(folder, "agent.log");
    const said: string[] = [];
    const [whole, kept]: [string[], string[]] = [[], []];
    for (const run of ["first", "resumed"]) {
      const transcript = openTranscript(path, (line) => said.push(line), 1000);
      for (let at = 0; at < 100; at += 1) {
        const line = `${run} ${at} ${"x".repeat(at % 40)}\n`;
        whole.push(line);
        transcript.write(Buffer.from(line));
        const { size } = statSync(path);
        assert.ok(size <= 1000, `${size} bytes`);
      }
      transcript.close();
    }
    const { start, end, cut } = await transcriptSpan(path);
    kept.push(readFileSync(path).toString("utf8", start, end));
    // Not a byte is counted twice or not at all, over both runs.
    assert.equal(whole.join("").slice(cut), kept.join(""));
    assert.ok(end - start >= 400);
    assert.match(readFileSync(path, "utf8"), new RegExp(`^\\[bottle: [^\\n]* ${cut} bytes\\]\\nresumed \\d+ `));
    assert.deepEqual(said, []);
    assert.deepEqual(readdirSync(folder), ["agent.log"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one write that is longer than the limit, without a line's end, keeps its end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const path = join(folder, "agent.log");
    const transcript = openTranscript(path, () => undefined, 1000);
    transcript.write(Buffer.from(`${"a".repeat(5000)}end`));
    assert.equal(transcript.written, 5003);
    transcript.close();
    assert.match(await agentText(path), /^a{497}end$/);
    assert.equal((await transcriptSpan(path)).cut, 4503);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("of what script(1) writes into a pipe neither the first nor the last line is kept, however it comes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "transcript-"));
  try {
    const all =
      'Script started on 2026-01-01 [COMMAND="/secret/path"]\none\ntwo\nScript done on 2026 [COMMAND_EXIT_CODE="0"]\n';
    for (const size of [1, 7, 1000]) {
      const path = join(folder, `log-${size}`);
      const transcript = openTranscript(path, () => undefined);
      const write = withoutHeader((piece) => transcript.write(piece));
      for (let at = 0; at < all.length; at += size) write(Buffer.from(all.slice(at, at + size)));
      transcript.close();
      withoutTrailer(path);
      assert.equal(readFileSync(path, "utf8"), "one\ntwo");
    }
    const other = join(folder, "other");
    const transcript = openTranscript(other, () => undefined);
    const write = withoutHeader((piece) => transcript.write(piece));
    for (const piece of ["no header", " of script\nmore"]) write(Buffer.from(piece));
    transcript.close();
    withoutTrailer(other);
    assert.equal(readFileSync(other, "utf8"), "no header of script\nmore");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a transcript that cannot be written ends, said once; the agent goes on", () => {
  const said: string[] = [];
  const full = openTranscript("/dev/full", (line) => said.push(line));
  for (const piece of ["a", "b"]) full.write(Buffer.from(piece));
  full.close();
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /not kept: ENOSPC/);
});
