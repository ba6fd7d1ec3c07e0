import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BACKEND } from "../../../src/backends/bubblewrap/survey.ts";
import { identify } from "../../../src/host/process-identity.ts";
import { formatRecord } from "../../../src/state/record-format.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { testRecord } from "../../support/test-bottle.ts";

const skip = skipWithout("bubblewrap", "perl");

const bottlesOf = (operator: Operator) => join(operator.home, ".local/state/bot-bottle/bottles");
const archiveOf = (operator: Operator) => join(operator.home, ".local/state/bot-bottle/archive");
const stateOf = async (operator: Operator, name: string): Promise<string | undefined> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout).find(
    (row: { name: string }) => row.name === name,
  )?.state;
const ended = (child: ReturnType<Operator["spawn"]>) =>
  new Promise<number | null>((resolve) => child.once("close", resolve));
const start = (operator: Operator, name: string, prompt: string) =>
  operator.bottle(["start", "shell", "--without-cgroup", "--name", name, "-p", prompt]);

test("a disk that the agent has filled: rm and prune free it first, and nothing is called a bug", {
  skip: skip || skipWithout("root"),
}, () => {
  using operator = newOperator();
  const state = join(operator.home, "small");
  mkdirSync(state);
  const script = `
    mount -t tmpfs -o size=4m none "$XDG_STATE_HOME" || exit 99
    say() { echo "== $1"; shift; "$@" 2>&1; echo "exit $?"; }
    for way in rm prune; do
      say start "$@" start shell --name "$way" -p 'dd if=/dev/zero of=fill bs=64k 2>&1; exit 0'
      say ls "$@" ls
      say plain "$@" prune
      [ "$way" = rm ] && say kept "$@" rm rm && say gone "$@" rm --discard rm || say gone "$@" prune --all
      say after "$@" ls --format json
    done
    say self "$@" start shell --rm --name self -p 'dd if=/dev/zero of=fill bs=64k 2>&1; exit 0'
    say after "$@" ls --format json
    say gone "$@" rm --discard self
    say after "$@" ls --format json
    ls -A "$XDG_STATE_HOME/bot-bottle/bottles" | sed 's/^/left: /'
  `;
  const ran = spawnSync("unshare", ["-m", "sh", "-c", script, "sh", ...operator.words], {
    cwd: operator.workspace,
    env: { ...operator.env, XDG_STATE_HOME: state },
    encoding: "utf8",
    timeout: 120_000,
  });
  const parts = ran.stdout.split(/^== /m).slice(1);
  const of = (what: string) => parts.filter((part) => part.startsWith(`${what}\n`));
  assert.doesNotMatch(ran.stdout + ran.stderr, /this is a bug|left: /);
  // How it ended is kept: room for that was held.
  for (const part of of("start")) assert.match(part, /(rm|prune) ended with exit 0[\s\S]*exit 0/);
  // It may remove what a test beside this one left on the machine, and nothing of this bottle's.
  for (const part of of("plain")) {
    assert.doesNotMatch(part, /^(rm|prune) /m);
    assert.match(part, /exit 0/);
  }
  for (const part of of("kept")) assert.match(part, /could not be kept[\s\S]*rm --discard rm[\s\S]*exit 5/, part);
  assert.match(of("self")[0] ?? "", /self stays: the work in self has not landed/);
  for (const part of of("gone")) assert.match(part, /exit 0/, part);
  assert.deepEqual(
    of("after").map((part) => part.split("\n")[1]),
    ["[]", "[]", "[", "[]"],
    ran.stdout,
  );
});

test("rm and prune at once remove each bottle once and blame nobody", { skip }, async () => {
  using operator = newOperator();
  for (const round of [1, 2]) {
    assert.equal((await start(operator, "twice", "mkdir -p a/b/c; touch a/b/c/d")).code, 0);
    const ways = [
      ["rm", "twice"],
      ["prune", "--all"],
      ["rm", "twice"],
      ["prune", "--all"],
    ];
    const runs = await Promise.all(ways.map((words) => operator.bottle(words)));
    for (const { code, stderr } of runs) {
      // One that comes late finds no bottle of this name.
      assert.ok(code === 0 || /no bottle is called twice/.test(stderr), stderr);
      assert.doesNotMatch(stderr, /could not|cannot/);
    }
    assert.deepEqual(readdirSync(bottlesOf(operator)), []);
    assert.equal(readdirSync(archiveOf(operator)).length, round);
  }
});

test("a removal that was killed is gone on with, one that lives is left alone", { skip }, async () => {
  using operator = newOperator();
  assert.equal((await start(operator, "old", "echo work > work")).code, 0);
  const bottles = bottlesOf(operator);
  const own = identify(process.pid);
  mkdirSync(join(bottles, `.gone-lively.${own?.pid}-${own?.startTime}-0123456789ab`));
  spawnSync("mv", [join(bottles, "old"), join(bottles, ".gone-old.4194304-1-0123456789ab")]);
  const { code, stdout } = await operator.bottle(["prune"]);
  assert.equal(code, 0);
  assert.match(stdout, /^old +removal +\S+ +\d[\w. ]+ +it was cut short$/m);
  assert.deepEqual(readdirSync(bottles).length, 1);
  assert.match(readdirSync(archiveOf(operator)).join(), /^old-/);
});

test("prune removes what collections that were killed left in a bottle that stays, and nothing of one that runs", {
  skip,
}, async () => {
  using operator = newOperator();
  assert.equal((await start(operator, "kept", "echo work > work")).code, 0);
  const folder = join(bottlesOf(operator), "kept");
  const own = identify(process.pid);
  const [dead, alive] = ["4194304-1-", `${own?.pid}-${own?.startTime}-`];
  const places = [dead, alive].map((owner) => [`quarantine-${owner}abcdef`, `scratch/${owner}0123456789ab`]);
  for (const place of places.flat()) {
    mkdirSync(join(folder, place, "objects"), { recursive: true });
    writeFileSync(join(folder, place, "objects/pack"), "much\n");
  }
  const { code, stdout } = await operator.bottle(["prune"]);
  assert.equal(code, 0);
  assert.match(stdout, /^kept +unfinished +/m);
  assert.deepEqual(
    places.map((pair) => pair.map((place) => existsSync(join(folder, place)))),
    [
      [false, false],
      [true, true],
    ],
  );
  const diff = await operator.bottle(["diff", "kept"]);
  assert.match(diff.stdout, /^\+work$/m);
  assert.equal((await operator.bottle(["rm", "kept", "--discard"])).code, 0);
});

test("a bottle whose record cannot be read: rm --force and prune --all remove it, when nothing of it runs", {
  skip,
}, async () => {
  using operator = newOperator();
  // Whether something runs is asked of the whole machine, by name: these are no other test's.
  const record = (name: string) => join(bottlesOf(operator), name, "record.json");
  for (const name of ["ragged", "ragged-too"]) {
    assert.equal((await start(operator, name, "mkdir deep; touch deep/file")).code, 0);
    writeFileSync(record(name), "{");
  }
  const list = await operator.bottle(["ls"]);
  assert.match(list.stdout, /^ragged +- +- +unreadable +- +- +- +-$/m);
  assert.match(list.stderr, /^bottle: ragged: its record is not JSON; bottle rm --force ragged removes it$/m);
  for (const words of [
    ["rm", "ragged"],
    ["stop", "ragged"],
    ["logs", "ragged"],
    ["audit", "ragged"],
  ]) {
    const { code, stderr } = await operator.bottle(words);
    assert.equal(code, 4, words.join(" "));
    assert.match(stderr, /bottle rm --force ragged/);
  }
  assert.match((await start(operator, "ragged", "true")).stderr, /bottle rm --force ragged/);
  const pruned = await operator.bottle(["prune"]);
  assert.equal(pruned.stderr.match(/^bottle: ragged: /gm)?.length, 1, pruned.stderr);
  assert.equal((await operator.bottle(["rm", "--force", "ragged"])).code, 0);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  assert.deepEqual(readdirSync(bottlesOf(operator)), []);
  for (const kept of readdirSync(archiveOf(operator))) {
    assert.ok(existsSync(join(archiveOf(operator), kept, "audit.jsonl")), kept);
  }

  const agent = operator.spawn(["start", "shell", "--name", "ragged-alive", "-p", "sleep 600.25"]);
  const code = ended(agent);
  await eventually("it runs", async () => (await stateOf(operator, "ragged-alive")) === "running");
  const text = readFileSync(record("ragged-alive"), "utf8");
  writeFileSync(record("ragged-alive"), "{");
  const refused = await operator.bottle(["rm", "--force", "ragged-alive"]);
  assert.match(refused.stderr, /a cage of a bottle called ragged-alive runs/);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 2);
  writeFileSync(record("ragged-alive"), text);
  assert.equal((await operator.bottle(["rm", "--force", "ragged-alive"])).code, 0);
  assert.equal(await code, 143);
});

test("a removal that fails after its record was archived leaves no bottle that cannot be read, and prune ends it", {
  skip,
}, async () => {
  using operator = newOperator();
  assert.equal((await start(operator, "last-step", "echo work > work")).code, 0);
  const bottles = bottlesOf(operator);
  const foreign = join(bottles, "last-step", "not-ours");
  writeFileSync(foreign, "");
  const removed = await operator.bottle(["rm", "last-step"]);
  assert.equal(removed.code, 5);
  assert.match(removed.stderr, /\.gone-last-step\.\S+ could not be removed[\s\S]*move it away/);
  assert.equal((await operator.bottle(["ls", "--format", "json"])).stdout.trim(), "[]");
  const [left = ""] = readdirSync(bottles);
  assert.match((await operator.bottle(["archive", "ls"])).stdout, /^last-step-/m);
  assert.equal((await operator.bottle(["prune"])).code, 5);
  const [still = ""] = readdirSync(bottles);
  spawnSync("rm", [join(bottles, still, "not-ours")]);
  const pruned = await operator.bottle(["prune"]);
  assert.equal(pruned.code, 0, pruned.stderr);
  assert.doesNotMatch(pruned.stderr, /could not be kept/);
  assert.deepEqual(readdirSync(bottles), []);
  assert.match(left, /^\.gone-last-step\./);
});

test("one draft that cannot be removed is said and keeps nothing else from going", { skip }, async () => {
  using operator = newOperator();
  const bottles = bottlesOf(operator);
  for (const digit of ["a", "b"]) mkdirSync(join(bottles, `.new-4194304-1-${digit.repeat(12)}`), { recursive: true });
  mkdirSync(join(bottles, ".new-4194304-1-aaaaaaaaaaaa", "not-ours"));
  chmodSync(join(bottles, ".new-4194304-1-bbbbbbbbbbbb"), 0);
  const { code, stdout, stderr } = await operator.bottle(["prune"]);
  assert.equal(code, 5);
  assert.match(stderr, /new-4194304-1-aaaaaaaaaaaa could not be removed/);
  assert.match(stdout, /new-4194304-1-bbbbbbbbbbbb +draft/);
  assert.deepEqual(readdirSync(bottles), [".new-4194304-1-aaaaaaaaaaaa"]);
});

test("prune removes runtime folders of dead processes, whichever state folder they were of, and no other", {
  skip,
}, async () => {
  using operator = newOperator();
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  const own = identify(process.pid);
  const alive = `${own?.pid}-${own?.startTime}-0123ab`;
  for (const name of ["4194304-1-0123ab", alive, "somebody-elses"]) {
    mkdirSync(join(runtime, name, "guest"), { recursive: true, mode: 0o700 });
  }
  const shown = await operator.bottle(["prune", "--dry-run"]);
  assert.match(shown.stdout, /4194304-1-0123ab +runtime folder/);
  assert.equal(readdirSync(runtime).length, 3);
  assert.equal((await operator.bottle(["prune"])).code, 0);
  assert.deepEqual(readdirSync(runtime).sort(), [alive, "somebody-elses"].sort());
});

test("a record that names a folder that is not ours as its runtime folder does not have it removed", {
  skip,
}, async () => {
  using operator = newOperator();
  const folder = join(bottlesOf(operator), "liar");
  mkdirSync(folder, { recursive: true });
  const record = testRecord("liar", { backend: BACKEND, run: operator.workspace });
  writeFileSync(join(folder, "record.json"), formatRecord(record));
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
  assert.deepEqual(readdirSync(operator.workspace), ["README"]);
  assert.deepEqual(readdirSync(bottlesOf(operator)), []);
});
