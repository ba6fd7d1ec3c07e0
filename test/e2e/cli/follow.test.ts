import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatAuditLine } from "../../../src/state/audit-format.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

function start(operator: Operator, ...words: string[]): Running {
  const child = operator.spawn(words);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  child.stderr?.resume();
  return { child, said: () => text, ended: new Promise((resolve) => child.once("close", resolve)) };
}

const listed = (operator: Operator, name: string) => async () =>
  (await operator.bottle(["ls", "--format", "json"])).stdout.includes(`"${name}"`);

/** Asks the gateway for a host that is not listed; nothing is dialled. */
const ASK = `perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new("127.0.0.1:9099"); print $s "CONNECT $ARGV[0]:443 HTTP/1.1\\r\\nHost: $ARGV[0]:443\\r\\n\\r\\n"; print scalar <$s>'`;

test("followed from its making to its removal, a bottle's output and audit log are told whole", { skip }, async () => {
  using operator = newOperator();
  const script = `echo begin; ${ASK} one.example.com; sleep 1; ${ASK} two.example.com; echo end`;
  const bottle = start(operator, "start", "shell", "--name", "told", "--rm", "-p", script);
  await eventually("the bottle is listed", listed(operator, "told"));
  const logs = start(operator, "logs", "-f", "told");
  const audit = start(operator, "audit", "-f", "--format", "json", "told");
  const denied = start(operator, "audit", "-f", "--denied", "told");
  assert.equal(await bottle.ended, 0);
  assert.deepEqual([await logs.ended, await audit.ended, await denied.ended], [0, 0, 0]);
  assert.equal(logs.said(), bottle.said().replaceAll("\r", ""));
  assert.match(logs.said(), /^begin\n.*403.*\n.*403.*\nend\n$/s);
  const events = audit
    .said()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at + 1),
  );
  const asked = events.filter(({ event }) => event.type === "decision").map(({ event }) => event.authority);
  assert.deepEqual(asked.slice(-2), ["one.example.com:443", "two.example.com:443"]);
  assert.match(denied.said(), /DENY .*one\.example\.com:443.*\n.*DENY .*two\.example\.com:443/s);
});

test("a follow costs nearly nothing, and ends with its reader or a signal while the bottle goes on", {
  skip,
}, async () => {
  using operator = newOperator();
  const bottle = start(
    operator,
    "start",
    "shell",
    "--name",
    "long",
    "-p",
    "echo first; while sleep 0.1; do [ ! -e speak ] || echo more; done",
  );
  await eventually("the agent speaks", async () =>
    (await operator.bottle(["logs", "long"])).stdout.startsWith("first\n"),
  );
  for (const words of [
    ["logs", "-f", "long"],
    ["audit", "-f", "long"],
  ]) {
    const follow = start(operator, ...words);
    await eventually("it follows", () => follow.said().length > 0);
    const before = cpuTicks(follow.child.pid);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const spent = cpuTicks(follow.child.pid) - before;
    assert.ok(spent <= 40, `${words[0]}: ${spent} ticks of 10 ms in 1.5 s`);
    follow.child.kill("SIGINT");
    assert.ok([0, 130].includes((await follow.ended) ?? -1), words[0]);

    const headless = start(operator, ...words);
    await eventually("it follows", () => headless.said().length > 0);
    headless.child.stdout?.destroy();
    // A reader that went away is seen at the next line: the agent's next words, or the next request.
    await operator.bottle(["exec", "long", "--", "sh", "-c", `touch speak; ${ASK} three.example.com`]);
    assert.equal(await headless.ended, 0, words[0]);
  }
  assert.equal((await operator.bottle(["stop", "--grace", "0", "long"])).code, 0);
  await bottle.ended;
});

function cpuTicks(pid = 0): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

test("row 131: audit --verify says 0 for a whole log and 5, with the line, for one that was changed", {
  skip,
}, async () => {
  using operator = newOperator();
  const run = await operator.bottle(["start", "shell", "--name", "kept", "-p", `${ASK} a.example.com`]);
  assert.equal(run.code, 0, run.stderr);
  const verify = () => operator.bottle(["audit", "kept", "--verify"]);
  const whole = await verify();
  assert.deepEqual([whole.code, /^\d+ lines, the chain is whole\n$/.test(whole.stdout)], [0, true], whole.stdout);
  const path = join(operator.home, ".local/state/bot-bottle/bottles/kept/audit.jsonl");
  const text = readFileSync(path, "utf8");
  for (const [changed, problem] of [
    [text.replace("a.example.com", "b.example.com"), /^line \d+: /],
    [text.slice(0, text.trimEnd().lastIndexOf("\n") + 1), /the end of the log is missing/],
    [text.slice(0, -5), /^line \d+: /],
  ] as const) {
    assert.notEqual(changed, text);
    writeFileSync(path, changed);
    const broken = await verify();
    assert.equal(broken.code, 5, broken.stdout);
    assert.match(broken.stdout, problem);
    const json = await operator.bottle(["audit", "kept", "--verify", "--format", "json"]);
    assert.deepEqual([json.code, JSON.parse(json.stdout).ok], [5, false]);
  }
});

test("rows 131, 149: the log of a removed bottle is read, added up and verified as before", { skip }, async () => {
  using operator = newOperator();
  const script = `${ASK} one.example.com; ${ASK} one.example.com; ${ASK} two.example.com`;
  const run = await operator.bottle(["start", "shell", "--name", "gone", "--rm", "-p", script]);
  assert.equal(run.code, 0, run.stderr);
  const audit = (...words: string[]) => operator.bottle(["audit", "gone", ...words]);

  const all = await audit("-f", "--host", "one.example.com");
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stderr, /gone was removed; this is its log from the archive/);
  assert.match(all.stdout, /^(?:.* DENY .*one\.example\.com:443.*\n){2}$/);

  const totals = await audit("--totals", "--host", "*.example.com", "--format", "json");
  const counted = JSON.parse(totals.stdout).hosts.map(
    (it: { host: string; requests: number; allowed: number; denied: object }) => [
      it.host,
      it.requests,
      it.allowed,
      it.denied,
    ],
  );
  assert.deepEqual(counted, [
    ["one.example.com", 2, 0, { "host-not-listed": 2 }],
    ["two.example.com", 1, 0, { "host-not-listed": 1 }],
  ]);
  assert.match((await audit("--totals")).stdout, /^HOST .*\n(?:.*\n)*one\.example\.com +2 +0 .*2 host-not-listed\n/);
  assert.equal((await audit("--since", "1s")).code, 0);

  assert.match((await audit("--verify")).stdout, /^\d+ lines, the chain is whole\n$/);
  const archive = join(operator.home, ".local/state/bot-bottle/archive");
  const path = join(archive, readdirSync(archive).find((it) => it.startsWith("gone-")) ?? "", "audit.jsonl");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const last = JSON.parse(lines.at(-1) ?? "");
  const added = formatAuditLine({ type: "session", event: "forged", detail: "" }, new Date(0), last).line;
  for (const [name, changed, problem] of [
    ["changed", lines.with(2, lines[2]?.replace('"seq"', '"SEQ"') ?? ""), /^line 3: the line was changed/],
    ["dropped", lines.toSpliced(2, 1), /^line 3: the line does not follow/],
    ["reordered", lines.with(2, lines[3] ?? "").with(3, lines[2] ?? ""), /^line 3: the line does not follow/],
    ["cut", lines.slice(0, -1), /^line \d+: the end of the log is missing/],
    ["added", [...lines, added], /^line \d+: the line was added after the bottle had ended/],
  ] as const) {
    writeFileSync(path, `${changed.join("\n")}\n`);
    const broken = await audit("--verify");
    assert.deepEqual([broken.code, problem.test(broken.stdout)], [5, true], `${name}: ${broken.stdout}`);
  }
  for (const words of [
    ["--verify", "--denied"],
    ["--totals", "-f"],
    ["--host", "https://x"],
    ["--since", "soon"],
  ])
    assert.equal((await audit(...words)).code, 2, words.join(" "));
  assert.equal((await operator.bottle(["audit", "never", "--verify"])).code, 2);
});

test("a great transcript goes through a slow reader at its pace", { skip }, async () => {
  using operator = newOperator();
  const run = await operator.bottle([
    "start",
    "shell",
    "--name",
    "wordy",
    "-p",
    "yes 0123456789abcde | head -c 64000000; echo",
  ]);
  assert.equal(run.code, 0, run.stderr);
  const shell = ["-c", `"$@" logs wordy | { sleep 1; head -c 16; }`, "sh", ...operator.words];
  const limited = spawnSync("sh", shell, {
    cwd: operator.workspace,
    env: operator.env,
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.deepEqual([limited.status, limited.stdout], [0, "0123456789abcde\n"], limited.stderr);
});

test("a transcript that is shortened while it is followed is told on, with how much is missing; nothing is told twice", {
  skip,
}, async () => {
  using operator = newOperator();
  const script = "echo one; until [ -e ~/go ]; do sleep 0.05; done";
  const started = await operator.bottle(["start", "shell", "-d", "--name", "long", "-p", script]);
  assert.equal(started.code, 0, started.stderr);
  const follow = operator.spawn(["logs", "-f", "long"]);
  let [said, talk] = ["", ""];
  follow.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  follow.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    talk += piece;
  });
  const ended = new Promise((resolve) => follow.once("close", resolve));
  await eventually("the first line is told", () => said === "one\n");
  // As the host process puts it there: of 4 + 10 + 9 bytes the first 8 are gone, of which 4 were told.
  const path = join(operator.home, ".local/state/bot-bottle/bottles/long/agent.log");
  writeFileSync(`${path}.new`, "[bottle: what came before is not kept: 8 bytes]\nor six\nand more\n");
  renameSync(`${path}.new`, path);
  await eventually("the rest is told", () => said === "one\nor six\nand more\n");
  assert.match(talk, /^bottle: 4 bytes of what long printed are not kept$/m);
  assert.equal((await operator.bottle(["exec", "long", "--", "touch", "/home/agent/go"])).code, 0);
  await ended;
  assert.equal(said, "one\nor six\nand more\n");
  assert.equal((await operator.bottle(["rm", "long"])).code, 0);
});
