import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

/** On a disk of 8 MiB; $0: its folder, $@: the words of bottle. An agent fills it and ends; then `ls`, and there is room again. */
const SCRIPT = `set -e
mount -t tmpfs -o size=8m,mode=0755 tmpfs "$0"
"$@" start shell --without-cgroup --name full -p 'dd if=/dev/zero of=/home/agent/all bs=4k 2>/dev/null; exit 3' || echo "start $?"
df --output=avail "$0" | tail -1
"$@" ls --format json
"$@" resume full -p 'rm /home/agent/all; exit 4' || echo "resume $?"
rm -f "$0"/bot-bottle/bottles/full/home/all
"$@" resume full -p 'exit 5' || echo "resume $?"
"$@" ls --format json
ls -A "$0/bot-bottle/bottles/full"
"$@" rm full
`;

test("the exit code of an agent that ends on a full disk is kept, and the bottle goes on when there is room", {
  skip: skipWithout("bubblewrap", "perl", "root"),
}, () => {
  using operator = newOperator();
  const state = join(operator.home, ".local/state");
  mkdirSync(state, { recursive: true });
  // The small disk goes with the mount namespace.
  const words = ["--mount", "--propagation", "private", "/bin/sh", "-c", SCRIPT, state, ...operator.words];
  const ran = spawnSync("unshare", words, {
    cwd: operator.workspace,
    env: operator.env,
    encoding: "utf8",
    timeout: 120_000,
  });
  const told = `${ran.stdout}\n${ran.stderr}`;
  assert.equal(ran.status, 0, told);
  assert.doesNotMatch(told, /this is a bug/);
  const rows = [...ran.stdout.matchAll(/"name": "full",\s*"state": "(\w+)"[\s\S]*?"exitCode": (\S+),/g)].map(
    ([, state, code]) => [state, code],
  );
  assert.match(ran.stdout, /^start 3\n\s*\d{1,2}$/m, told);
  assert.deepEqual(
    rows,
    [
      ["exited", "3"],
      ["exited", "5"],
    ],
    told,
  );
  assert.match(ran.stderr, /its disk is full/);
  assert.match(ran.stdout, /^resume 5$/m, told);
  assert.doesNotMatch(ran.stdout, /record\.spare/, "the room is given back");
});
