import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { identify } from "../../../src/host/process-identity.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git");

interface Record {
  phase: string;
  host: { pid: number; startTime: number; bootId: string };
  run: string;
  endReason?: string;
}
interface Outcome {
  name: string;
  outcome: string;
  lost: string[];
  error: { code: string; message: string } | null;
}

const folderOf = (operator: Operator, name: string) => join(operator.home, ".local/state/bot-bottle/bottles", name);
const recordFile = (operator: Operator, name: string) => join(folderOf(operator, name), "record.json");
const recordOf = (operator: Operator, name: string): Record =>
  JSON.parse(readFileSync(recordFile(operator, name), "utf8"));
const stateOf = async (operator: Operator, name: string): Promise<string | undefined> =>
  JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout).find(
    (row: { name: string }) => row.name === name,
  )?.state;
async function recovered(operator: Operator, ...words: readonly string[]) {
  const run = await operator.bottle(["recover", "--settle", "--format", "json", ...words]);
  return { ...run, outcomes: JSON.parse(run.stdout || "[]") as Outcome[] };
}

/** Starts it, waits for the agent's word, and kills its host process as a crash would. */
async function lose(operator: Operator, name: string, env: { [name: string]: string } = {}): Promise<void> {
  const prompt = "echo work >> w; echo up; sleep 600";
  const words = ["start", "shell", "--without-cgroup", "--name", name, "-p", prompt];
  const child = operator.spawn(words, env);
  child.stdin?.end();
  const closed = new Promise((resolve) => child.once("close", resolve));
  let seen = "";
  child.stdout?.on("data", (piece) => (seen += String(piece)));
  await eventually("the agent is up", () => seen.includes("up\n"));
  child.kill("SIGKILL");
  await closed;
  assert.equal(await stateOf(operator, name), "lost");
}

test("after kill -9 recover says what is lost, leaves the work, and resume goes on with what it was run on", {
  skip,
}, async () => {
  using operator = newOperator();
  await lose(operator, "one");
  const { code, outcomes, stderr } = await recovered(operator, "--all");
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    outcomes.map(({ name, outcome, error }) => [name, outcome, error]),
    [["one", "settled", null]],
  );
  assert.match(outcomes[0]?.lost[0] ?? "", /its processes, its terminal/);
  assert.deepEqual(
    [recordOf(operator, "one").phase, recordOf(operator, "one").endReason],
    ["failed", "host process lost"],
  );
  assert.equal(existsSync(recordOf(operator, "one").run), false, "its runtime folder");
  const again = operator.spawn(["resume", "one", "--continue"]);
  again.stdin?.end();
  const closed = new Promise<number | null>((resolve) => again.once("close", resolve));
  await eventually("it runs the same script", async () =>
    readFileSync(join(folderOf(operator, "one"), "agent.log"), "utf8").endsWith("up\nup\n"),
  );
  assert.equal(recordOf(operator, "one").endReason, undefined, "the reason was that of the run before");
  const refused = await operator.bottle(["recover", "one"]);
  assert.deepEqual([refused.code, /one runs: its host process lives/.test(refused.stderr)], [2, true]);
  assert.equal((await operator.bottle(["stop", "one", "--grace", "1"])).code, 0);
  assert.equal(await closed, 143);
  assert.match((await operator.bottle(["diff", "one"])).stdout, /^\+work\n\+work$/m);
  const nothing = await operator.bottle(["recover", "one"]);
  assert.match(nothing.stderr, /nothing of it has to be recovered[\s\S]*bottle resume one/);
  assert.match((await operator.bottle(["recover", "--all"])).stderr, /no bottle is lost/);
  assert.equal((await operator.bottle(["rm", "one"])).code, 0);
});

test("recover brings a bottle back on what it was run on, detached, and says what it cannot", { skip }, async () => {
  using operator = newOperator();
  await lose(operator, "one");
  await lose(operator, "two");
  rmSync(join(folderOf(operator, "two"), "plan.json"));
  const run = await operator.bottle(["recover", "--all"]);
  assert.equal(run.code, 4, run.stderr);
  assert.match(
    run.stdout,
    /^one: runs again\n {2}lost: its processes[\s\S]*bottle attach one, or bottle logs -f one\n/m,
  );
  assert.match(run.stdout, /^two: has ended now/m);
  assert.match(run.stderr, /plan\.json is missing[\s\S]*\[STATE_UNUSABLE\]/);
  assert.equal(await stateOf(operator, "one"), "running");
  await eventually("it ran the same script", async () =>
    readFileSync(join(folderOf(operator, "one"), "agent.log"), "utf8").endsWith("up\nup\n"),
  );
  assert.equal((await operator.bottle(["stop", "one", "--grace", "1"])).code, 0);
  for (const name of ["one", "two"]) assert.equal((await operator.bottle(["rm", "--discard", name])).code, 0);
});

test("after a reboot (other boot id, no runtime folder, a stale socket, a pid that another process has) ls and recover tell the truth", {
  skip,
}, async () => {
  using operator = newOperator();
  const changes: { [name: string]: (record: Record) => Record } = {
    rebooted: (record) => {
      // What lay in /run is gone with the boot.
      rmSync(record.run, { recursive: true });
      return { ...record, host: { ...record.host, bootId: "00000000-0000-0000-0000-000000000000" } };
    },
    reused: (record) => ({ ...record, host: { ...record.host, pid: process.pid } }),
    creating: (record) => ({ ...record, phase: "creating", handle: null }),
    // The same pid, start and boot can only be the same process: this one is said to host it, and lives.
    alive: (record) => ({ ...record, host: identify(process.pid) ?? record.host }),
  };
  for (const [name, change] of Object.entries(changes)) {
    await lose(operator, name);
    const record = recordOf(operator, name);
    assert.ok(existsSync(join(record.run, "control.sock")), "the socket is there, and nobody listens");
    writeFileSync(recordFile(operator, name), JSON.stringify(change(record)));
  }
  const states = Object.fromEntries(
    JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout).map(
      (row: { name: string; state: string }) => [row.name, row.state],
    ),
  );
  assert.deepEqual(states, { alive: "running", creating: "lost", rebooted: "lost", reused: "lost" });
  const { code, outcomes, stderr } = await recovered(operator, "--all");
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    outcomes.map(({ name, outcome }) => [name, outcome]),
    [
      ["creating", "settled"],
      ["rebooted", "settled"],
      ["reused", "settled"],
    ],
  );
  for (const name of ["creating", "rebooted", "reused"]) {
    const again = await operator.bottle(["resume", name, "-p", "cat w"]);
    assert.deepEqual([again.code, again.stdout], [0, "work\n"], again.stderr);
    assert.equal((await operator.bottle(["rm", "--discard", name])).code, 0);
  }
  const record = recordOf(operator, "alive");
  writeFileSync(recordFile(operator, "alive"), JSON.stringify({ ...record, host: { ...record.host, startTime: 1 } }));
  assert.equal((await operator.bottle(["rm", "--discard", "alive"])).code, 0);
});

test("a host process that is not seen from here, and answers, is alive: nothing of its bottle is touched", {
  skip,
}, async () => {
  using operator = newOperator();
  await lose(operator, "far");
  const record = recordOf(operator, "far");
  rmSync(join(record.run, "control.sock"));
  // Stands for a host process in another pid namespace, of which only the socket is to be seen.
  const server = createServer((socket) => void socket.once("data", () => socket.end('{"ok":true}\n')));
  await new Promise<void>((resolve) => server.listen(join(record.run, "control.sock"), resolve));
  for (const words of [["recover", "far"], ["resume", "far", "-p", "true"], ["rm", "far"], ["prune"]]) {
    const refused = await operator.bottle(words);
    assert.notEqual(refused.code, 0, words[0]);
    assert.match(refused.stderr, /the host process of far is not seen here, and answers/, words[0]);
    assert.equal(await stateOf(operator, "far"), "lost");
  }
  await new Promise((resolve) => server.close(resolve));
  assert.equal((await operator.bottle(["rm", "--discard", "far"])).code, 0);
});

test("credentials that cannot be read again are named, each with its mend, and the bottle is settled all the same", {
  skip,
}, async () => {
  using operator = newOperator();
  const credential = (variable: string) => ({
    source: { env: variable },
    hosts: [`${variable.toLowerCase()}.example.com`],
    scheme: "bearer",
    variable: `GUEST_${variable}`,
  });
  operator.writeManifest(
    JSON.stringify({ bottles: { default: { credentials: { first: credential("ONE"), second: credential("TWO") } } } }),
  );
  const values = { ONE: "a".repeat(40), TWO: "b".repeat(40) };
  await lose(operator, "held", values);
  const { code, outcomes } = await recovered(operator, "held");
  assert.equal(code, 3);
  assert.deepEqual([outcomes[0]?.outcome, outcomes[0]?.error?.code], ["settled", "SECRET_UNRESOLVED"]);
  assert.match(outcomes[0]?.error?.message ?? "", /ONE is not set[\s\S]*TWO is not set/);
  const again = await operator.bottle(["resume", "held", "-p", "cat w"], { env: values });
  assert.deepEqual([again.code, again.stdout], [0, "work\n"], again.stderr);
  assert.equal((await operator.bottle(["rm", "--discard", "held"])).code, 0);
});

test("recover names what cannot go on: no workspace, half removed, no plan, a record that cannot be read", {
  skip,
}, async () => {
  using operator = newOperator();
  const damage: { [name: string]: [(folder: string) => void, RegExp] } = {
    early: [(folder) => rmSync(join(folder, "base.json")), /ended before its workspace was complete/],
    half: [(folder) => writeFileSync(join(folder, "settled"), ""), /is half removed/],
    planless: [(folder) => rmSync(join(folder, "plan.json")), /is missing: the start came not that far/],
  };
  for (const [name, [harm]] of Object.entries(damage)) {
    await lose(operator, name);
    harm(folderOf(operator, name));
  }
  const { code, outcomes } = await recovered(operator, "--all");
  assert.notEqual(code, 0);
  for (const { name, outcome, error } of outcomes) {
    assert.equal(outcome, "settled");
    assert.match(error?.message ?? "", damage[name]?.[1] ?? /^$/);
  }
  assert.equal(outcomes.length, 3);
  await lose(operator, "torn");
  writeFileSync(recordFile(operator, "torn"), "{");
  assert.match(
    (await operator.bottle(["recover", "torn"])).stderr,
    /its record is not JSON|record of torn is not JSON/,
  );
  for (const words of [[], ["--all", "torn"]]) assert.equal((await operator.bottle(["recover", ...words])).code, 2);
  for (const name of [...Object.keys(damage), "torn"])
    assert.equal((await operator.bottle(["rm", "--force", "--discard", name])).code, 0);
});

test("many recover and resume one lost bottle at one moment: one agent runs, and nothing of it is taken away", {
  skip,
}, async () => {
  using operator = newOperator();
  await lose(operator, "one");
  const runs = await Promise.all([
    operator.bottle(["recover", "one"]),
    operator.bottle(["resume", "one", "-p", "echo ran; sleep 2"]),
    operator.bottle(["recover", "--all"]),
    operator.bottle(["resume", "one", "-p", "echo ran; sleep 2"]),
    operator.bottle(["prune"]),
  ]);
  const resumed = [runs[1], runs[3]].map((run) => run?.code).sort();
  const log = () => readFileSync(join(folderOf(operator, "one"), "agent.log"), "utf8");
  // On a busy machine a recover may be first: then it runs what it ran before.
  const recoverWon = resumed[0] === 2;
  assert.deepEqual(resumed, [recoverWon ? 2 : 0, 2], runs.map(({ stderr }) => stderr).join(""));
  const ran = recoverWon ? "up\nup\n" : "up\nran\n";
  await eventually("one agent runs", () => log() === ran);
  if (recoverWon) assert.equal((await operator.bottle(["stop", "one", "--grace", "1"])).code, 0);
  assert.equal(log(), ran);
  assert.equal((await operator.bottle(["rm", "--discard", "one"])).code, 0);
  const runtime = join(operator.env.XDG_RUNTIME_DIR ?? "", "bot-bottle");
  assert.deepEqual(readdirSync(runtime), []);
});

test("--max-minutes ends the bottle with 124, and record and log say why", { skip }, async () => {
  using operator = newOperator();
  const words = ["start", "shell", "--without-cgroup", "--name", "short", "--label", "team=a", "--max-minutes"];
  const ended = await operator.bottle([...words, "0.02", "-p", "sleep 600"]);
  assert.equal(ended.code, 124, ended.stderr);
  assert.match(ended.stderr, /short is ended: its 0.02 min are over/);
  assert.match((await operator.bottle(["audit", "short"])).stdout, /exit 124, time limit/);
  const rows = async (...label: readonly string[]) =>
    JSON.parse((await operator.bottle(["ls", "--format", "json", ...label])).stdout);
  assert.deepEqual(
    (await rows("--label", "team=a", "--label", "team")).map(
      ({ name, endReason }: { name: string; endReason: string }) => [name, endReason],
    ),
    [["short", "time limit"]],
  );
  assert.deepEqual(await rows("--label", "team=b"), []);
  const longer = await operator.bottle(["resume", "short", "--max-minutes", "5", "-p", "true"]);
  assert.equal(longer.code, 0, longer.stderr);
  for (const word of ["0", "-1", "x", "99999"]) {
    const refused = await operator.bottle([...words, word, "-p", "true"]);
    assert.deepEqual([refused.code, refused.stderr.includes("--max-minutes takes a number above 0")], [2, true], word);
  }
  assert.equal((await operator.bottle(["rm", "short"])).code, 0);
});

test("of two that recover one bottle at one moment, both say that it runs, and one agent runs", { skip }, async () => {
  using operator = newOperator();
  await lose(operator, "one");
  const both = await Promise.all([1, 2].map(() => operator.bottle(["recover", "--all", "--format", "json"])));
  const said = both.map(({ code, stdout, stderr }) => ({ code, stderr, all: JSON.parse(stdout || "[]") as Outcome[] }));
  assert.deepEqual(
    said.map(({ code }) => code),
    [0, 0],
    JSON.stringify(said),
  );
  // One that looked later found none that was lost.
  const outcomes = said.flatMap(({ all }) => all.map(({ outcome, error }) => [outcome, error]));
  assert.ok(outcomes.length >= 1);
  for (const own of outcomes) assert.deepEqual(own, ["runs", null]);
  const log = join(folderOf(operator, "one"), "agent.log");
  await eventually("it runs again", async () => readFileSync(log, "utf8").split("up").length === 3);
  assert.equal((await operator.bottle(["stop", "one", "--grace", "1"])).code, 0);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});
