import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git");

const stateFolder = (operator: Operator) => join(operator.home, ".local/state/bot-bottle");
const folderOf = (operator: Operator, name: string) => join(stateFolder(operator), "bottles", name);
const recordOf = (operator: Operator, name: string) =>
  JSON.parse(readFileSync(join(folderOf(operator, name), "record.json"), "utf8"));
const start = (operator: Operator, name: string, prompt: string, ...words: readonly string[]) =>
  operator.bottle(["start", "shell", "--without-cgroup", "--name", name, ...words, "-p", prompt]);
const resume = (operator: Operator, name: string, prompt: string, env: Record<string, string> = {}) =>
  operator.bottle(["resume", name, "-p", prompt], { env });

async function settled(operator: Operator, name: string): Promise<void> {
  const verified = await operator.bottle(["audit", name, "--verify"]);
  assert.match(verified.stdout, /the chain is whole/, verified.stderr);
  const { phase, endedAt } = recordOf(operator, name);
  assert.equal(phase, "exited");
  assert.notEqual(endedAt, null);
}

/** Starts it, waits until its agent runs, and kills its host process. */
async function kill(operator: Operator, words: readonly string[], ready: string): Promise<void> {
  const child = operator.spawn(words);
  child.stdin?.end();
  const closed = new Promise((resolve) => child.once("close", resolve));
  if (ready !== "") {
    let seen = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      seen += text;
    });
    await eventually(ready, () => seen.includes(ready));
  }
  child.kill("SIGKILL");
  await closed;
}

test("an ended bottle goes on with its files, its home and its audit log, with the exit code of its agent", {
  skip,
}, async () => {
  using operator = newOperator();
  assert.equal((await start(operator, "one", "echo work > w; echo home > ~/h; exit 3")).code, 3);
  const first = recordOf(operator, "one");
  const again = await resume(operator, "one", "cat w ~/h; echo more >> w; exit 4");
  assert.equal(again.code, 4, again.stderr);
  assert.equal(again.stdout, "work\nhome\n");
  const second = recordOf(operator, "one");
  assert.deepEqual([first.exitCode, second.exitCode, second.createdAt], [3, 4, first.createdAt]);
  await settled(operator, "one");
  assert.match(
    (await operator.bottle(["audit", "one"])).stdout,
    /\(start\)[\s\S]*exit 3[\s\S]*\(resume\)[\s\S]*exit 4/,
  );
  assert.match((await operator.bottle(["diff", "one"])).stdout, /^\+more$/m);
});

test("one that runs, is no bottle, or has no terminal to run on is not resumed, and nothing changes", {
  skip,
}, async () => {
  using operator = newOperator();
  const child = operator.spawn(["start", "shell", "--without-cgroup", "--name", "one", "-p", "echo up; sleep 60"]);
  child.stdin?.end();
  const closed = new Promise((resolve) => child.once("close", resolve));
  await eventually(
    "it runs",
    () => existsSync(folderOf(operator, "one")) && recordOf(operator, "one").phase === "running",
  );
  const running = await resume(operator, "one", "true");
  assert.equal(running.code, 2);
  assert.match(running.stderr, /\[BOTTLE_RUNNING\]/);
  assert.equal((await operator.bottle(["stop", "one"])).code, 0);
  await closed;
  const before = readFileSync(join(folderOf(operator, "one"), "record.json"), "utf8");
  const bare = await operator.bottle(["resume", "one"]);
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /needs a terminal[\s\S]*bottle resume one -p/);
  assert.match((await resume(operator, "two", "true")).stderr, /\[BOTTLE_NOT_FOUND\]/);
  assert.equal(readFileSync(join(folderOf(operator, "one"), "record.json"), "utf8"), before);
});

test("of many who resume one bottle at the same moment one gets it", { skip }, async () => {
  using operator = newOperator();
  await start(operator, "one", "true");
  const all = await Promise.all([1, 2, 3, 4].map(() => resume(operator, "one", "echo ran; sleep 1")));
  assert.deepEqual(all.map(({ code }) => code).sort(), [0, 2, 2, 2], all.map(({ stderr }) => stderr).join(""));
  for (const { stderr } of all.filter(({ code }) => code === 2)) assert.match(stderr, /\[BOTTLE_RUNNING\]/);
  assert.equal(readFileSync(join(folderOf(operator, "one"), "agent.log"), "utf8"), "ran\n");
  await settled(operator, "one");
});

test("a lost one goes on at once, what was left of it is removed first; killed while it is resumed, once more", {
  skip,
}, async () => {
  using operator = newOperator();
  // What is left is looked for on the whole machine, by name: this is no other test's.
  const words = ["shell", "--without-cgroup", "--name", "cut-short", "-p", "echo work > w; echo up; sleep 60"];
  await kill(operator, ["start", ...words], "up\n");
  for (const ready of ["up\n", ""]) {
    const again = await resume(operator, "cut-short", "cat w");
    assert.deepEqual([again.code, again.stdout], [0, "work\n"], again.stderr);
    await settled(operator, "cut-short");
    await kill(operator, ["resume", "cut-short", "-p", "echo up; sleep 60"], ready);
  }
  assert.equal((await resume(operator, "cut-short", "cat w")).stdout, "work\n");
  await settled(operator, "cut-short");
  assert.doesNotMatch((await operator.bottle(["prune", "--dry-run"])).stdout, /^cut-short /m);
});

test("a resume that fails leaves the bottle as it was, to be resumed when that is mended", { skip }, async () => {
  using operator = newOperator();
  operator.writeManifest(
    JSON.stringify({
      bottles: {
        default: {
          credentials: {
            token: { source: { env: "TOKEN" }, hosts: ["api.example.com"], scheme: "bearer", variable: "T" },
          },
        },
      },
    }),
  );
  const value = (letter: string) => ({ TOKEN: letter.repeat(40) });
  const started = await operator.bottle(["start", "shell", "--without-cgroup", "--name", "one", "-p", "echo $T"], {
    env: value("a"),
  });
  assert.equal(started.code, 0, started.stderr);
  const gone = await resume(operator, "one", "true");
  assert.equal(gone.code, 3);
  assert.match(gone.stderr, /TOKEN is not set \[SECRET_UNRESOLVED\]/);
  assert.equal(recordOf(operator, "one").phase, "exited");
  // A value that the agent has by now must not be this bottle's.
  const known = await resume(operator, "one", `echo ${"b".repeat(40)} > ~/kept; echo $T`, value("c"));
  assert.equal(known.stdout, started.stdout, "the placeholder has changed");
  const inside = await resume(operator, "one", "echo ran", value("b"));
  assert.deepEqual([inside.code, inside.stdout], [5, ""]);
  assert.match(inside.stderr, /\[SEAL_BROKEN\]/);
  assert.equal(recordOf(operator, "one").phase, "failed");
  assert.equal((await resume(operator, "one", "rm ~/kept", value("c"))).code, 0);
  assert.equal((await resume(operator, "one", "echo ran", value("b"))).stdout, "ran\n");
  await settled(operator, "one");
});

test("a start that failed before its workspace was in has nothing to go on with", { skip }, async () => {
  using operator = newOperator();
  await start(operator, "one", "true");
  rmSync(join(folderOf(operator, "one"), "base.json"));
  const refused = await resume(operator, "one", "true");
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /ended before its workspace was complete[\s\S]*bottle rm one/);
});

test("a folder that is bound goes on, unless another bottle has it by now; --rm keeps what has not landed", {
  skip,
}, async () => {
  using operator = newOperator();
  await start(operator, "one", "echo 1 > a", "--workspace", "bind");
  const other = operator.spawn([
    ...["start", "shell", "--without-cgroup", "--name", "two", "--workspace", "bind"],
    ...["-p", "echo up; sleep 60"],
  ]);
  other.stdin?.end();
  const closed = new Promise((resolve) => other.once("close", resolve));
  await eventually(
    "two runs",
    () => existsSync(folderOf(operator, "two")) && recordOf(operator, "two").phase === "running",
  );
  const refused = await resume(operator, "one", "true");
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(refused.stderr, /two/);
  assert.equal((await operator.bottle(["stop", "two"])).code, 0);
  await closed;
  const again = await resume(operator, "one", "cat a; echo 2 > b");
  assert.deepEqual([again.code, again.stdout], [0, "1\n"], again.stderr);
  assert.equal(readFileSync(join(operator.workspace, "b"), "utf8"), "2\n");
  await start(operator, "three", "echo new > n");
  const removed = await operator.bottle(["resume", "three", "--rm", "-p", "echo more >> n"]);
  assert.equal(removed.code, 0, removed.stderr);
  assert.match(removed.stderr, /work of three that had not landed is kept/);
  assert.equal(existsSync(folderOf(operator, "three")), false);
});

test("a bottle whose removal was cut short is neither resumed, shown nor applied, and rm goes on with it", {
  skip,
}, async () => {
  using operator = newOperator();
  await start(operator, "one", "echo new > n; echo more >> README");
  const archive = join(stateFolder(operator), "archive");
  writeFileSync(archive, "no folder\n");
  assert.equal((await operator.bottle(["rm", "one"])).code, 4);
  rmSync(archive);
  for (const words of [
    ["resume", "one", "-p", "true"],
    ["diff", "one"],
    ["apply", "one"],
  ]) {
    const refused = await operator.bottle(words);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /half removed[\s\S]*\[WORK_NONE\][\s\S]*bottle rm one/);
  }
  assert.deepEqual(readdirSync(operator.workspace), ["README"]);
  const removed = await operator.bottle(["rm", "one"]);
  assert.equal(removed.code, 0, removed.stderr);
  assert.match(removed.stderr, /work of one that had not landed is kept[\s\S]*work\.bundle/);
});

test("what a killed diff left in the agent's name goes with its bottle", { skip }, async () => {
  using operator = newOperator();
  await start(operator, "one", "true");
  const left = join(folderOf(operator, "one"), "scratch", "0123456789ab");
  mkdirSync(join(left, "git"), { recursive: true, mode: 0o700 });
  writeFileSync(join(left, "git", "index"), "x");
  const { uid, gid } = statSync(join(folderOf(operator, "one"), "workspace"));
  for (const path of [join(left, "git", "index"), join(left, "git"), left]) chownSync(path, uid, gid);
  const removed = await operator.bottle(["rm", "one"]);
  assert.equal(removed.code, 0, removed.stderr);
});
