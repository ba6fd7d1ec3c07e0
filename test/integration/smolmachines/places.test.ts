/** The lines that wait for a place in a machine, run with plain programs in place of smolvm. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Places, placeLines, placesIn } from "../../../src/backends/smolmachines/places.ts";
import { eventually } from "../../support/operator.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Client {
  readonly child: ChildProcess;
  /** What it said on both outputs. */
  readonly said: () => string;
  readonly code: Promise<number | null>;
}

function places(): Places {
  const folder = mkdtempSync(join(tmpdir(), "places-"));
  folders.push(folder);
  const made = placesIn(folder, { way: "socket" });
  assert.ok(made !== null);
  return made;
}

/** One that lives until its input ends; `command` is what the lines stand before. */
function begin(here: Places, command = "echo up; exec cat"): Client {
  const script = [...placeLines(here, true), command].join("\n");
  const child = spawn("/bin/sh", ["-c", script], { stdio: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  child.stdin.on("error", () => {});
  return { child, said: () => said, code: new Promise((resolve) => child.once("close", resolve)) };
}

const up = (all: readonly Client[]) => all.filter(({ said }) => /^up$/m.test(said()));
const waiting = (all: readonly Client[]) =>
  all.filter(({ said }) => /waits for another to end/.test(said()) && !/^up$/m.test(said()));

test("no more than there are places for run at once; the others say that they wait, and come in their turn", async () => {
  const here = places();
  const all = Array.from({ length: here.count * 2 }, () => begin(here));
  await eventually("each runs or waits", () => up(all).length + waiting(all).length === all.length);
  assert.equal(up(all).length, here.count);
  const [ended, killed] = up(all);
  ended?.child.stdin?.end();
  assert.equal(await ended?.code, 0);
  await eventually("the place of one that ended is taken", () => up(all).length === here.count + 1);
  killed?.child.kill("SIGKILL");
  await eventually("the place of one that was killed is taken", () => up(all).length === here.count + 2);
  for (const { child } of all) child.stdin?.end();
  await Promise.all(all.map(({ code }) => code));
});

test("a place is held as long as anything lives that was begun in it", async () => {
  const here = { ...places(), count: 1 };
  // The client outlives the shell before it, as one does whose `bottle exec` was killed.
  const one = begin(here, "sleep 60 & echo $!; echo up; wait");
  await eventually("it is up", () => up([one]).length === 1);
  one.child.kill("SIGKILL");
  await eventually("the shell has ended", () => one.child.signalCode !== null);
  const next = begin(here);
  await eventually("the next one waits", () => waiting([next]).length === 1);
  process.kill(Number.parseInt(one.said(), 10));
  await eventually("it gets its turn", () => up([next]).length === 1);
  next.child.stdin?.end();
  await next.code;
});

test("who waits ends with the machine, as who ran in it", async () => {
  const here = { ...places(), count: 1 };
  const one = begin(here);
  await eventually("it is up", () => up([one]).length === 1);
  const next = begin(here);
  await eventually("the next one waits", () => waiting([next]).length === 1);
  rmSync(here.folder, { recursive: true });
  assert.equal(await next.code, 137);
  assert.ok(!existsSync(here.folder), "it is not made again");
  one.child.stdin?.end();
  await one.code;
});

test("where flock is gone nobody gets in, and nobody asks for ever", async () => {
  const one = begin({ ...places(), flock: "/bin/none-of-ours" });
  assert.equal(await one.code, 125);
  assert.equal(up([one]).length, 0);
});
