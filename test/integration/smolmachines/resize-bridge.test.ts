/** The resize bridge as a program of its own, on a real terminal and over a plain program in place of smolvm. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bringUpIn } from "../../../src/backends/smolmachines/bring-up.ts";
import { machineFolder } from "../../../src/backends/smolmachines/machine-folder.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { reachCommand } from "../../../src/backends/smolmachines/reach.ts";
import { run } from "../../../src/host/exec.ts";
import { skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { onTerminal } from "../../support/operator-terminal.ts";

const BRIDGE = join(import.meta.dirname, "../../../src/backends/smolmachines/resize-bridge.ts");
const skip = skipWithout("python3");
const folder = mkdtempSync(join(tmpdir(), "bridge-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * In place of smolvm: a side channel writes down what stands on its stdin and which size it sets, once the terminal is
 * there; the main exec comes up slowly, and says so when both come up at once.
 */
const PROGRAM = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
for word; do case $word in /run/bottle-signs/*) sign=\${word##*/} ;; esac; done
mkdir up 2>/dev/null || echo overlapped >>told
case $* in
  *main) sleep 0.3; rmdir up; : >"$SIGNS/$sign"; : >there; exec sh -c "$MAIN" ;;
esac
rmdir up; : >"$SIGNS/$sign"
[ -e there ] || exit 3
for word; do before=$last last=$word; done
echo "$before $last $(readlink /proc/self/fd/0)" >>told
`;

function world(main: string) {
  const here = mkdtempSync(join(folder, "world-"));
  const cache = join(here, "cache");
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cache;
  const machine = machineFolder("one");
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
  mkdirSync(machine, { recursive: true });
  const { bringUp } = bringUpIn(machine);
  const program = join(here, "smolvm");
  writeFileSync(program, PROGRAM.replaceAll("$SIGNS", bringUp.signs).replace("$MAIN", main.replaceAll('"', '\\"')), {
    mode: 0o755,
  });
  const smolvm = { program, env: { PATH: "/usr/bin:/bin", XDG_CACHE_HOME: cache, HOME: here } };
  const { argv } = reachCommand({ smolvm, machine: "one", manner: mannerOf([0, 8, 0]), bringUp }, true, ["main"]);
  const bridge = [process.execPath, ...NODE_FLAGS, "--no-warnings", BRIDGE, "one", "--"];
  const env = { ...smolvm.env, BOT_BOTTLE_SMOLVM: program };
  const told = () =>
    existsSync(join(here, "told")) ? readFileSync(join(here, "told"), "utf8").trim().split("\n") : [];
  return { command: { argv: [...bridge, ...argv], env }, bridge: { argv: bridge, env }, here, told };
}

test("the size is told once the command is up, and again with each change; never while it comes up", {
  skip,
}, async () => {
  const one = world(
    `echo "ready \${BOT_BOTTLE_SMOLVM-none}"; until grep -q "^33 101 " told; do :; done 2>/dev/null; echo told; until grep -q "^40 120 " told; do :; done; exit 6`.replaceAll(
      "$",
      "\\$",
    ),
  );
  const { code, shown } = await onTerminal(one.command, [["told", "resize 40 120"]]);
  assert.equal(code, 6, shown);
  assert.match(shown, /^ready none\r\ntold\r\n/);
  assert.deepEqual([...new Set(one.told())], ["33 101 /dev/null", "40 120 /dev/null"]);
});

test("the command has the terminal, and its end is the bridge's", { skip }, async () => {
  const one = world("");
  const own = (script: string) => ({ ...one.bridge, argv: [...one.bridge.argv, "/bin/sh", "-c", script] });
  const talk = await onTerminal(own('[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && read -r line && echo "got $line"; exit 9'), [
    ["", "typed\n"],
  ]);
  assert.match(talk.shown, /got typed/);
  assert.equal(talk.code, 9);
  assert.equal((await onTerminal(own("kill -KILL $$"))).code, 137);
  const kept = await onTerminal(own("trap 'exit 4' INT; echo ready; while :; do sleep 0.05; done"), [
    ["ready", "\x03"],
  ]);
  assert.equal(kept.code, 4, "the keys are the command's, and do not end the bridge");
});

test("without a terminal nobody is told anything", async () => {
  const one = world("echo up; exit 0");
  const result = await run(one.command, {});
  assert.deepEqual([result.code, result.stdout.toString(), one.told()], [0, "up\n", []]);
});

test("bad arguments are told on stderr, and end with 2", async () => {
  const one = world("");
  const bare = one.bridge.argv.slice(0, -2);
  for (const words of [[], ["one"], ["one", "--"], ["--", "true"], ["one", "true"], ["", "--", "true"]]) {
    const { code, stderr, stdout } = await run({ ...one.bridge, argv: [...bare, ...words] }, {});
    assert.deepEqual([code, stdout.length], [2, 0], words.join(" "));
    assert.match(stderr.toString(), /^usage: /);
  }
});
