import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "tmux", "script");

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly exitCode: number | null;
}

async function listed(operator: Operator, name: string): Promise<Listed | undefined> {
  const all = JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout) as Listed[];
  return all.find((bottle) => bottle.name === name);
}

/** The host process of a bottle. */
function hostOf(operator: Operator, name: string): number {
  const record = join(operator.home, ".local/state/bot-bottle/bottles", name, "record.json");
  return (JSON.parse(readFileSync(record, "utf8")) as { host: { pid: number } }).host.pid;
}

/** Processes whose arguments hold `mark`: those of one operator's bottles, by the folder of their sockets. */
function processesWith(mark: string): readonly string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return words.includes(mark) ? [`${pid} ${words}`] : [];
      } catch {
        return [];
      }
    });
}

test("start -d, attach, detach, attach from two terminals, and the agent's own exit code at the end", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 90, 25);
  using other = openScreen(operator, 70, 20);
  const agent = ["-c", "echo in-$((40+2)); exec bash --norc"];
  const started = await operator.bottle(["start", "shell", "-d", "--name", "held", "--", ...agent]);
  assert.deepEqual([started.code, started.stdout], [0, "held\n"], started.stderr);
  assert.match(started.stderr, /bottle attach held/);
  screen.type(
    "stty -a | md5sum >before; bottle attach held; echo code-$?; stty -a | md5sum | cmp - before && echo same",
  );
  await screen.shows(/in-42/);
  // Where commands tell the size inside, it comes a moment later.
  screen.type("until stty size | grep -x '25 90'; do sleep 0.05; done; echo mark-$((40+2))");
  await screen.shows(/^25 90\n+mark-42$/m);
  // A second one shows the same, and what is typed there takes its size.
  other.type("bottle attach held; echo other-$?");
  await other.shows(/mark-42/);
  other.type("until stty size | grep -x '20 70'; do sleep 0.05; done");
  await other.shows(/^20 70$/m);
  await screen.shows(/^20 70 *│/m);
  other.tmux("send-keys", "C-]", "d");
  await other.shows(/held runs on[^\n]*\n+other-0/);
  screen.type("exit 7");
  await screen.shows(/held ended with exit 7\n+code-7\n+same/);
  assert.deepEqual(await listed(operator, "held").then((it) => [it?.state, it?.exitCode]), ["exited", 7]);
  assert.equal((await operator.bottle(["wait", "held"])).code, 7);
  assert.match((await operator.bottle(["logs", "held"])).stdout, /mark-42/);
  const again = await operator.bottle(["attach", "held"]);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /does not run \(exited\) \[BOTTLE_NOT_RUNNING\]/);
  assert.equal((await operator.bottle(["rm", "held"])).code, 0);
});

test("--read-only shows everything and lets nothing in", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 80, 24);
  assert.equal(
    (
      await operator.bottle([
        "start",
        "shell",
        "-d",
        "--name",
        "seen",
        "--",
        "-c",
        "echo shown-$((40+2)); read x; echo got-$x; exit 5",
      ])
    ).code,
    0,
  );
  screen.type("bottle attach --read-only seen; echo code-$?");
  await screen.shows(/^shown-42$/m);
  screen.type("typed");
  // Keys that come at once tmux takes for a paste, which no key of its own is in.
  await eventually("it is detached", async () => {
    screen.tmux("send-keys", "C-]");
    screen.tmux("send-keys", "d");
    return screen.text().includes("code-0");
  });
  screen.tmux("send-keys", "C-u");
  assert.doesNotMatch((await operator.bottle(["logs", "seen"])).stdout, /typed/);
  screen.type("clear; bottle attach seen; echo end-$?");
  await screen.shows(/^shown-42$/m);
  screen.type("word");
  await screen.shows(/seen ended with exit 5\n+end-5/);
  assert.match((await operator.bottle(["logs", "seen"])).stdout, /^got-word$/m);
  assert.equal((await operator.bottle(["rm", "seen"])).code, 0);
});

test("a detached bottle outlives the terminal on which it was started; headless ones are read with logs -f", {
  skip,
}, async () => {
  using operator = newOperator();
  {
    using screen = openScreen(operator, 80, 24);
    screen.type(
      "bottle start shell -d --name a -p 'echo one; until [ -e ~/go ]; do sleep 0.05; done; echo two; exit 3'",
    );
    await screen.shows(/^a$/m);
  }
  const follow = operator.bottle(["logs", "-f", "a"]);
  const waits = operator.bottle(["wait", "a", "--format", "json"]);
  await eventually("the agent says one", async () => (await operator.bottle(["logs", "a"])).stdout === "one\n");
  assert.equal((await listed(operator, "a"))?.state, "running");
  const refused = await operator.bottle(["attach", "a"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /no terminal: it was started with a prompt \[USAGE\]\n {2}bottle logs -f a/);
  assert.equal((await operator.bottle(["exec", "a", "--", "touch", "/home/agent/go"])).code, 0);
  assert.equal((await follow).stdout, "one\ntwo\n");
  const waited = await waits;
  const [ending] = JSON.parse(waited.stdout) as { name: string; state: string; exitCode: number }[];
  assert.deepEqual([waited.code, ending?.name, ending?.state, ending?.exitCode], [3, "a", "exited", 3]);
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("what keeps a detached start from running is said as in the foreground, with the same code, and nothing stays", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest(
    '{ "bottles": { "default": { "env": { "TOLD": "?which word" } } }, "agents": { "bad": { "provider": "shell", "bottle": "b" } } }',
  );
  for (const args of [
    ["nosuch"],
    ["bad"],
    ["shell", "--command", "/nonexistent"],
    ["shell", "/nonexistent"],
    ["shell"],
  ]) {
    const here = await operator.bottle(["start", ...args, "--name", "x", "-p", "true"]);
    const away = await operator.bottle(["start", ...args, "--name", "x", "-p", "true", "-d"]);
    assert.notEqual(here.code, 0);
    assert.deepEqual([away.code, away.stdout, away.stderr], [here.code, here.stdout, here.stderr]);
  }
  assert.deepEqual(JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout), []);
  assert.deepEqual(processesWith(operator.home), []);
});

test("what must be asked is asked before the terminal is left, and is in the bottle alone", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 24);
  operator.writeManifest('{ "bottles": { "default": { "env": { "TOLD": "?Which word" } } } }');
  screen.type("bottle start shell -d --name asked -p 'echo got-$TOLD'; echo code-$?");
  await screen.shows(/Which word/);
  screen.type("bluebird");
  await screen.shows(/^code-0$/m);
  assert.equal((await operator.bottle(["wait", "asked"])).stdout, "0\n");
  assert.equal((await operator.bottle(["logs", "asked"])).stdout, "got-bluebird\n");
  assert.doesNotMatch(screen.text(), /bluebird/);
  assert.equal((await operator.bottle(["rm", "asked"])).code, 0);
});

test("Ctrl-C in a detached start ends it, and nothing stays", { skip }, async () => {
  using operator = newOperator();
  const child = operator.spawn(["start", "shell", "-d", "--name", "gone"]);
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const record = join(operator.home, ".local/state/bot-bottle/bottles/gone/record.json");
  await eventually("it is being made", () => existsSync(record));
  child.kill("SIGINT");
  const code = await ended;
  // One that was quicker runs, and is ended like any other.
  if (code === 0) assert.equal((await operator.bottle(["stop", "gone"])).code, 0);
  else {
    assert.equal(code, 130);
    assert.match(said, /interrupted by SIGINT \[BOTTLE_GONE\]/);
  }
  await eventually("all processes are gone", () => processesWith(operator.home).length === 0);
  assert.equal((await operator.bottle(["rm", "gone"])).code, 0);
});

test("kill -9 of the host process ends agent and holder, puts an attached terminal back, and ls tells", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 24);
  const program = 'stty raw -echo; printf "\\033[?1049h\\033[?25l\\033[?1000h"; echo in-$((40+2)); sleep 600.5';
  assert.equal((await operator.bottle(["start", "shell", "-d", "--name", "lost", "--", "-c", program])).code, 0);
  screen.type(
    "stty -a | md5sum >before; bottle attach lost; echo code-$?; stty -a | md5sum | cmp - before && echo same",
  );
  await screen.shows(/in-42/);
  process.kill(hostOf(operator, "lost"), "SIGKILL");
  await screen.shows(/code-125\n+same/);
  assert.equal(screen.tmux("display", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").trim(), "0 1 0");
  await eventually("nothing of it runs", () => processesWith(join(operator.home, "run/bot-bottle")).length === 0);
  assert.equal((await listed(operator, "lost"))?.state, "lost");
  assert.equal((await operator.bottle(["wait", "lost"])).code, 125);
  const stop = await operator.bottle(["stop", "lost"]);
  assert.match(stop.stderr, /host process of lost is gone [^\n]*\n {2}bottle recover --settle lost removes/);
  assert.equal((await operator.bottle(["recover", "--settle", "lost"])).code, 0);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});

test("a bottle in the foreground is not attached to: exit 2 says so", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 80, 24);
  screen.type("bottle start shell --rm --name front -- -c 'echo in-$((40+2)); read x; exit 6'; echo code-$?");
  await screen.shows(/^in-42$/m);
  const refused = await operator.bottle(["attach", "front"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /front has the terminal on which it was started[^\n]* \[USAGE\]/);
  screen.type("");
  await screen.shows(/^code-6$/m);
});

test("a removed bottle's exit code is still waited for, and several are told in the order of their names", {
  skip,
}, async () => {
  using operator = newOperator();
  const script = (code: number) => `until [ -e ~/go ]; do sleep 0.05; done; exit ${code}`;
  for (const [index, name] of ["a", "b", "c"].entries())
    assert.equal(
      (
        await operator.bottle([
          "start",
          "shell",
          "-d",
          "--rm",
          "--without-cgroup",
          "--name",
          name,
          "-p",
          script(index * 2),
        ])
      ).code,
      0,
    );
  const waits = operator.bottle(["wait", "c", "a", "b"]);
  // The bottle may end before the command that lets its agent end.
  for (const name of ["a", "b", "c"]) await operator.bottle(["exec", name, "--", "touch", "/home/agent/go"]);
  const waited = await waits;
  assert.deepEqual([waited.code, waited.stdout], [4, "4\n0\n2\n"], waited.stderr);
  assert.equal((await operator.bottle(["wait", "a", "nosuch"])).code, 2);
});

test("ls --watch: a line of JSON at each change, in place on a terminal, until it is ended", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 24);
  const watching = operator.spawn(["ls", "--watch", "--format", "json"]);
  let lines = "";
  watching.stdout?.on("data", (piece: Buffer) => {
    lines += piece.toString();
  });
  const ended = new Promise<number | null>((resolve) => watching.once("close", resolve));
  await eventually("the first list", () => lines === "[]\n");
  screen.type("bottle ls --watch; echo code-$?");
  await screen.shows(/^NAME +AGENT/m);
  const script = "until [ -e ~/go ]; do sleep 0.05; done; exit 3";
  assert.equal((await operator.bottle(["start", "shell", "-d", "--name", "seen", "-p", script])).code, 0);
  await screen.shows(/^seen +shell +\w+ +running +-/m);
  assert.equal((await operator.bottle(["exec", "seen", "--", "touch", "/home/agent/go"])).code, 0);
  await screen.shows(/^seen +shell +\w+ +exited +3/m);
  assert.equal(screen.text().match(/^NAME/gm)?.length, 1);
  screen.tmux("send-keys", "C-c");
  await screen.shows(/code-0/);
  await eventually("the end in JSON", () => /"exitCode":3/.test(lines));
  watching.kill("SIGTERM");
  await ended;
  const states = lines
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as Listed[]).find(({ name }) => name === "seen")?.state);
  assert.deepEqual(
    [...new Set(states)],
    [undefined, "creating", "running", "exited"].filter((it) => states.includes(it)),
  );
  assert.equal((await operator.bottle(["rm", "seen"])).code, 0);
});

test("attach finds the description of a terminal that brings its own, and says what to do where there is none", {
  skip,
}, async () => {
  using operator = newOperator();
  const words = ["start", "shell", "-d", "--name", "odd", "--", "-c", "echo in-$((40+2)); read x"];
  assert.equal((await operator.bottle(words)).code, 0);
  const folder = join(operator.home, "terminfo");
  mkdirSync(join(folder, "o"), { recursive: true });
  const known = ["/usr/share/terminfo/x/xterm", "/lib/terminfo/x/xterm"].find((path) => existsSync(path));
  assert.ok(known !== undefined);
  copyFileSync(known, join(folder, "o", "odd-terminal"));
  using screen = openScreen(operator, 80, 24);
  screen.type("TERM=odd-terminal bottle attach odd; echo code-$?");
  await screen.shows(/TERM=xterm-256color bottle attach odd\n+code-125$/m);
  screen.type(`TERM=odd-terminal TERMINFO=${folder} bottle attach odd; echo then-$?`);
  await screen.shows(/^in-42$/m);
  screen.tmux("send-keys", "C-]", "d");
  await screen.shows(/then-0$/m);
  assert.equal((await operator.bottle(["stop", "odd", "--grace", "1"])).code, 0);
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});
