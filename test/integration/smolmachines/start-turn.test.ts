/** Starts one after another, and first commands that came too early, with plain programs in place of smolvm. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { smolvmHere } from "../../../src/backends/smolmachines/command-line.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import { firstCommand } from "../../../src/backends/smolmachines/opening.ts";
import { startsFile, startTurn } from "../../../src/backends/smolmachines/start-turn.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { eventually } from "../../support/operator.ts";
import { rejectsWith } from "../../support/rejection.ts";

const folder = mkdtempSync(join(tmpdir(), "turns-"));
const cache = process.env.XDG_CACHE_HOME;
before(() => {
  process.env.XDG_CACHE_HOME = folder;
});
after(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(folder, { recursive: true, force: true });
});
const never = new AbortController().signal;
const OLD = mannerOf([1, 2, 4]);

test("starts of machines that could be taken for each other come one after another", async () => {
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      await using _turn = await startTurn(OLD, never);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    }),
  );
  assert.equal(most, 1);
  const [one, two] = await Promise.all([0, 1].map(() => startTurn(mannerOf([1, 2, 5]), never)));
  assert.ok(one !== undefined && two !== undefined, "later ones wait for nobody");
});

test("who waits can be called off, and a turn ends with the process that had it", async () => {
  const ending = new AbortController();
  {
    await using _turn = await startTurn(OLD, never);
    const waits = startTurn(OLD, ending.signal);
    ending.abort(new BottleError("BOTTLE_GONE", "called off"));
    await rejectsWith("BOTTLE_GONE", waits);
  }
  await rejectsWith("BOTTLE_GONE", startTurn(OLD, ending.signal));
  const other = spawn("/usr/bin/flock", [startsFile(), "/bin/sh", "-c", "echo; read -r over"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  await new Promise((resolve) => other.stdout.once("data", resolve));
  let got = false;
  const next = startTurn(OLD, never).then((turn) => {
    got = true;
    return turn;
  });
  assert.equal(got, false);
  other.stdin.destroy();
  await (await next)[Symbol.asyncDispose]();
  await eventually("it is over", () => other.exitCode !== null);
});

/** A smolvm whose list has one machine in this state. */
function listing(state: string, version = "1.2.4") {
  const program = join(folder, `smolvm-${state}-${version}`);
  const list = JSON.stringify([{ name: "one", state, pid: 1 }]);
  const script = `#!/bin/sh\n[ "$1" = --version ] && echo "smolvm ${version}" && exit\n[ "$2" = ls ] && echo '${list}'\nexit 0\n`;
  writeFileSync(program, script, { mode: 0o755 });
  return { smolvm: { program, env: {} }, machine: "one", manner: OLD, bringUp: null };
}
const failing = (words: string, code: number) => new BottleError("CREATE_FAILED", words, { facts: { code } });

test("a first command that was too early is tried again; what it says itself, and a machine that is down, are not", async () => {
  const tries = async (state: string, error: unknown, manner = OLD) => {
    let count = 0;
    await firstCommand({ ...listing(state), manner }, never, async () => {
      count += 1;
      if (count < 3) throw error;
    }).catch((thrown) => assert.equal(thrown, error));
    return count;
  };
  const early = failing(
    "smolvm machine exec: agent operation failed: connect: machine 'one' is not running. Use it.",
    1,
  );
  assert.equal(await tries("running", early), 3);
  assert.equal(await tries("running", failing("smolvm machine exec: ", 137)), 3);
  assert.equal(await tries("stopped", early), 1);
  assert.equal(await tries("running", failing("the image must run as root in its machine", 3)), 1);
  assert.equal(await tries("running", failing("smolvm machine exec: no such program", 1)), 1);
  assert.equal(await tries("running", early, mannerOf([1, 4, 1])), 1);
  assert.equal(await tries("running", new Error("not running")), 1);
});

test("a release that nobody has looked at is asked which options it knows", async () => {
  const { smolvm } = listing("running", "2.0.0");
  const error = await rejectsWith("HOST_UNFIT", smolvmHere({ BOT_BOTTLE_SMOLVM: smolvm.program, HOME: folder }));
  assert.match(error.message, /^smolvm 2\.0\.0 does not know `machine create -/);
  assert.equal(error.hint, "install smolvm 1.9.3, the newest one that was looked at");
});
