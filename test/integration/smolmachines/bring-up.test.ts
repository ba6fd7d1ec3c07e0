/** The words before a client, run with plain programs in place of smolvm. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type BringUp, bringUpIn } from "../../../src/backends/smolmachines/bring-up.ts";
import { entryCommand, execCommand } from "../../../src/backends/smolmachines/entry-arguments.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { type Reach, reachCommand } from "../../../src/backends/smolmachines/reach.ts";
import { readRelease } from "../../../src/backends/smolmachines/versions.ts";
import { run } from "../../../src/host/exec.ts";
import { eventually } from "../../support/operator.ts";
import { parse } from "../../support/smolvm/clap.ts";
import { entryBy } from "../../support/smolvm/entry.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * A program in place of smolvm, of which each run comes up alone or writes `overlapped`. Its words end with `sign`, which
 * is made a little later, `hang`, for one that never comes up, or `end`, for one that ends without.
 */
const CLIENT = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
for last; do :; done
for word; do case $word in /run/bottle-signs/*) sign=\${word##*/} ;; esac; done
mkdir up 2>/dev/null || { [ -e killed ] || echo "$$" >>overlapped; }
echo "$$" >>begun
case $last in
  sign) sleep 0.01; rmdir up; : >"signs/$sign"; read -r over; exit 0 ;;
  hang) read -r over ;;
  end) rmdir up; exit 7 ;;
esac
`;

interface World {
  readonly folder: string;
  readonly reach: Reach;
  readonly signs: () => readonly string[];
  readonly begun: () => readonly string[];
}

function world(): World {
  const folder = mkdtempSync(join(tmpdir(), "bring-up-"));
  folders.push(folder);
  const { bringUp } = bringUpIn(folder);
  const program = join(folder, "client");
  writeFileSync(program, CLIENT, { mode: 0o755 });
  const env = { PATH: "/usr/bin:/bin" };
  return {
    folder,
    reach: { smolvm: { program, env }, machine: "one", manner: mannerOf([1, 3, 0]), bringUp },
    signs: () => readdirSync(join(folder, "signs")),
    begun: () =>
      existsSync(join(folder, "begun")) ? readFileSync(join(folder, "begun"), "utf8").trim().split("\n") : [],
  };
}

function begin({ reach }: World, how: "sign" | "hang" | "end"): { child: ChildProcess; ended: Promise<number | null> } {
  const { argv, env } = reachCommand(reach, true, [how]);
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { env, stdio: ["pipe", "ignore", "ignore"] });
  child.stdin?.on("error", () => {});
  return { child, ended: new Promise((resolve) => child.once("exit", resolve)) };
}

test("of a hundred clients at once none comes up beside another, and all live on", { timeout: 120_000 }, async () => {
  const here = world();
  const all = Array.from({ length: 100 }, () => begin(here, "sign"));
  await eventually("all have come up", () => here.begun().length === 100);
  assert.ok(!existsSync(join(here.folder, "overlapped")));
  assert.ok(
    all.every(({ child }) => child.exitCode === null && child.signalCode === null),
    "a client lives on behind its sign",
  );
  await eventually("no sign is left", () => here.signs().length === 0);
  for (const { child } of all) child.stdin?.end();
  await Promise.all(all.map(({ ended }) => ended));
});

test("a client that is killed while it waits, or while it comes up, holds nobody back", async () => {
  const here = world();
  const hung = begin(here, "hang");
  await eventually("the first comes up", () => here.begun().length === 1);
  const [waits, next] = [begin(here, "sign"), begin(here, "sign")];
  await eventually("both wait", async () => {
    const { stdout } = await run({ argv: ["/usr/bin/pgrep", "-cf", `^/usr/bin/flock 9$`], env: {} });
    return Number(stdout.toString()) >= 2;
  });
  assert.equal(here.begun().length, 1);
  waits.child.kill("SIGKILL");
  await waits.ended;
  assert.equal(here.begun().length, 1, "who was killed while it waited does not let others in");
  writeFileSync(join(here.folder, "killed"), "");
  hung.child.kill("SIGKILL");
  await hung.ended;
  await eventually("the next one comes up", () => here.begun().length === 2);
  next.child.stdin?.end();
  assert.equal(await next.ended, 0);
  assert.ok(!here.begun().includes(String(waits.child.pid)));
});

test("one that ends without a sign lets the next one in, and its code is its own", async () => {
  const here = world();
  const [one, two] = [begin(here, "end"), begin(here, "end")];
  assert.deepEqual(await Promise.all([one.ended, two.ended]), [7, 7]);
  assert.ok(!existsSync(join(here.folder, "overlapped")));
});

test("a late sign of one that was killed is taken for nobody's, and goes", async () => {
  const here = world();
  writeFileSync(join(here.folder, "signs", "00000000-0000-0000-0000-000000000000"), "");
  const hung = begin(here, "hang");
  await eventually("it comes up", () => here.begun().length === 1);
  assert.deepEqual(here.signs(), []);
  const next = begin(here, "sign");
  writeFileSync(join(here.folder, "signs", "00000000-0000-0000-0000-000000000001"), "");
  assert.equal(here.begun().length, 1, "it does not let the next one in");
  writeFileSync(join(here.folder, "killed"), "");
  hung.child.kill("SIGKILL");
  await eventually("the next one comes up", () => here.begun().length === 2);
  next.child.stdin?.end();
  await next.ended;
  await eventually("no sign is left", () => here.signs().length === 0);
});

test("a machine whose folder is gone begins no client", async () => {
  const here = world();
  rmSync(join(here.folder, "signs"), { recursive: true });
  const { reach } = here;
  const bringUp = { ...(reach.bringUp as BringUp), lock: join(here.folder, "gone", "lock") };
  const result = await run(reachCommand({ ...reach, bringUp }, false, ["sign"]), {});
  assert.notEqual(result.code, 0);
  assert.deepEqual(here.begun(), []);
});

/** Writes each of its calls down, as words that end with NUL. */
const RECORDER = `#!/bin/sh
dir=$(dirname "$0")
printf '%s\\0' "$@" >"$dir/calls/$$"
for word; do case $word in /run/bottle-signs/*) : >"$dir/signs/\${word##*/}" ;; esac; done
`;

for (const version of ["0.8.0", "0.8.1", "1.0.2", "1.1.3", "1.4.1", "1.6.4", "1.8.1", "1.9.3"]) {
  test(`at ${version} every command in a machine is begun by words that smolvm takes`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "begun-"));
    folders.push(folder);
    mkdirSync(join(folder, "calls"));
    const program = join(folder, "smolvm");
    writeFileSync(program, RECORDER, { mode: 0o755 });
    const manner = mannerOf(readRelease(`smolvm ${version}`) ?? [0, 0, 0]);
    const bringUp = manner.bringUp === "one" ? bringUpIn(folder).bringUp : null;
    const entry = entryBy(program, { manner, bringUp, cwd: "/work" });
    const command = { argv: ["echo", "--", "it's", "@sign@", "a b"] };
    const calls = async (words: Parameters<typeof run>[0]) => {
      for (const name of readdirSync(join(folder, "calls"))) rmSync(join(folder, "calls", name));
      assert.equal((await run(words, { timeoutMs: 20_000 })).code, 0);
      return readdirSync(join(folder, "calls")).map((name) =>
        parse(
          version,
          readFileSync(join(folder, "calls", name), "utf8")
            .split("\0")
            .slice(0, -1),
        ),
      );
    };
    for (const [how, words] of [
      ["plain", execCommand(entry, command, "token", false)],
      ["interactive", execCommand(entry, command, "token", true)],
      ["interactive", entryCommand(entry, command, false)],
      ["tty", entryCommand(entry, command, { transcript: null })],
    ] as const) {
      const env = { ...words.env, TERM: "xterm", COLORTERM: "" };
      const found = await calls({ ...words, env });
      const [asked] = found;
      assert.ok(asked !== undefined && found.length === 1, how);
      assert.deepEqual([asked.command, asked.values.get("name")], ["machine exec", "one"]);
      assert.deepEqual(asked.trailing.slice(-5), command.argv);
      const wanted = how === "plain" ? (manner.joins === "interactive" ? "interactive" : "stream") : how;
      assert.ok(asked.flags.has(wanted), `${how}: ${[...asked.flags]}`);
      assert.deepEqual(asked.lists.get("env") ?? [], how === "tty" ? ["TERM=xterm"] : []);
    }
  });
}
