import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { test } from "node:test";
import { clientEnd, reportedWords } from "../../../src/backends/docker/seen-end.ts";

test("no code of a command becomes a client's 0, and each is found again", () => {
  for (let own = 0; own < 256; own += 1) {
    const token = `unit-${process.pid}-${own}`;
    const [program = "", ...args] = reportedWords("TOKEN", ["/bin/sh", "-c", `exit ${own}`]);
    const { status } = spawnSync(program, args, { env: { TOKEN: token, PATH: "/usr/bin:/bin" } });
    const end = clientEnd(status ?? 0);
    const file = `/tmp/.bot-bottle-code-${token}`;
    const itself = existsSync(file);
    rmSync(file, { force: true });
    assert.notEqual(status, 0);
    assert.notEqual(end.kind, "not seen");
    if (end.kind === "seen") assert.equal(end.code, own);
    if (end.kind === "ask") assert.equal(itself ? end.code : end.otherwise, own);
    assert.equal(itself, own === 249, "only where it has to be asked");
  }
  assert.deepEqual(clientEnd(0), { kind: "not seen" });
});

test("a signal decides as the command does, and its end is told all the same", () => {
  const ending = (script: string) => {
    const [program = "", ...args] = reportedWords("TOKEN", ["/bin/sh", "-c", script]);
    return spawnSync(program, args, { env: { TOKEN: "t", PATH: "/usr/bin:/bin" } }).status;
  };
  assert.equal(ending("kill -TERM $$"), 143);
  // $PPID is what waits for it: it outlives a TERM that the command handles, and passes on the end of a terminal.
  assert.equal(ending("trap 'exit 7' TERM; kill -TERM $PPID $$; sleep 5"), 7);
  assert.equal(ending("trap 'exit 8' HUP; kill -HUP $PPID; for n in 1 2 3 4 5 6 7 8 9; do sleep 0.2; done"), 8);
});

test("the end of a terminal in the very moment of the command's beginning is passed on", () => {
  const [program = "", ...args] = reportedWords("TOKEN", [
    ...["/bin/sh", "-c", "trap 'exit 8' HUP; kill -HUP $PPID; for n in 1 2 3 4 5; do sleep 0.1; done"],
  ]);
  for (let times = 0; times < 40; times += 1) {
    assert.equal(spawnSync(program, args, { env: { TOKEN: "t", PATH: "/usr/bin:/bin" } }).status, 8);
  }
});
