import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parseRecord } from "../../../src/state/record-format.ts";
import { end, folderOf, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { openScreen, type Screen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "tmux", "script", "python3");
/** Outside of the operator's tmux: programs get this very terminal. */
const ALONE = "env -u TMUX bottle";

const press = (screen: Screen, ...keys: string[]) => screen.tmux("send-keys", ...keys);
const write = (screen: Screen, text: string) => screen.tmux("send-keys", "-l", text);

/** A card takes no answer in its first moments, and says so: then the key is pressed again. */
async function answer(screen: Screen, key: string, shows: RegExp): Promise<void> {
  press(screen, key);
  await eventually(`${key} shows ${shows}`, () => {
    const text = screen.text();
    if (shows.test(text)) return true;
    if (/has just come/.test(text)) press(screen, key);
    return false;
  });
}

async function quit(screen: Screen): Promise<void> {
  press(screen, "q");
  await screen.shows(/code-0/);
}

/** A terminal as a program finds it, in one line. */
async function stty(screen: Screen, word: string): Promise<string> {
  screen.type(`clear; echo ${word}=$(stty -g)=`);
  const text = await screen.shows(new RegExp(`^${word}=[0-9a-f:]+=`, "m"));
  return new RegExp(`${word}=([0-9a-f:]+)=`).exec(text.replaceAll("\n", ""))?.[1] ?? "";
}

async function startShell(operator: Operator, name: string, words: readonly string[] = []): Promise<void> {
  const { code, stderr } = await operator.bottle([
    "start",
    "-d",
    "shell",
    "--name",
    name,
    "--without-cgroup",
    ...words,
  ]);
  assert.equal(code, 0, stderr);
}

async function remove(operator: Operator, ...names: readonly string[]): Promise<void> {
  await operator.bottle(["stop", "--grace", "0", ...names]);
  assert.equal((await operator.bottle(["rm", "--discard", ...names])).code, 0);
}

test("bottle alone opens it on a terminal, and prints the help elsewhere", { skip }, async () => {
  using operator = newOperator();
  const { code, stderr } = await operator.bottle([]);
  assert.deepEqual([code, /Usage: bottle/.test(stderr)], [2, true]);
  const refused = await operator.bottle(["dashboard"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /needs a terminal/);
  using screen = openScreen(operator, 100, 30);
  const before = await stty(screen, "before");
  screen.type("clear; bottle; echo code-$?");
  await screen.shows(/bot-bottle.*0 bottles[\s\S]*No bottles yet/);
  await quit(screen);
  assert.equal(await stty(screen, "after"), before);
  screen.type("clear; TERM=dumb bottle dashboard; echo code-$?");
  await screen.shows(/cannot be drawn[\s\S]*bottle ls --watch[\s\S]*code-2/);
});

test("a held request: ! and a let it go, d refuses one with a reason, and the log shows both", { skip }, async (t) => {
  using world = await openWorld(t);
  const { operator } = world;
  using screen = openScreen(operator, 110, 40);
  screen.type(`clear; ${ALONE}; echo code-$?`);
  await screen.shows(/1 bottle .*nothing needs you/);
  const asked = world.curl(url("/asked"));
  await screen.shows(/! 1 needs you/);
  assert.match(screen.text(), /http:\/\/stand\.example\.com:80\/asked/);
  press(screen, "!");
  await screen.shows(/> request .*one[\s\S]*a once {2}A 1 h/);
  await answer(screen, "a", /allowed [0-9a-f]{8}-/);
  assert.deepEqual(await asked, { status: 200, text: "answer to /asked" });
  await screen.shows(/nothing needs you/);
  const second = world.curl(url("/second"));
  await screen.shows(/! 1 needs you[\s\S]*\/second/);
  press(screen, "!");
  await screen.shows(/> request [\s\S]*\/second/);
  await answer(screen, "d", /deny; the reason/);
  // A second d may have been typed into the reason.
  press(screen, "C-u");
  write(screen, "use the mirror");
  await screen.shows(/use the mirror/);
  press(screen, "Enter");
  assert.equal((await second).status, 403);
  // The card has the keys until the command has ended.
  await screen.shows(/denied [0-9a-f]{8}-/);
  const audit = readFileSync(join(folderOf(operator), "audit.jsonl"), "utf8");
  assert.match(audit, /"type":"answer"[^\n]*"verdict":"deny"[^\n]*use the mirror/);
  assert.deepEqual(world.seen, ["GET /asked "]);
  press(screen, "e");
  await screen.shows(/Egress, all bottles[\s\S]*ok {3}GET[^\n]*\/asked +200[\s\S]*DENY GET[^\n]*\/second/);
  write(screen, "/DENY");
  press(screen, "Enter");
  await eventually("the egress is filtered", () => !/ok {3}GET/.test(screen.text()));
  press(screen, "q");
  press(screen, "p");
  await screen.shows(/one: policy[\s\S]*may reach[\s\S]*stand\.example\.com/);
  press(screen, "q");
  press(screen, "w");
  await screen.shows(/one: why[\s\S]*one is \S+/);
  press(screen, "q");
  press(screen, "D");
  await screen.shows(/one: diff[\s\S]*no changes since it began/);
  press(screen, "q");
  press(screen, "l");
  await screen.shows(/one: log[\s\S]*up/);
  press(screen, "q");
  await quit(screen);
  assert.equal((await operator.bottle(["ls", "--running"])).stdout.includes("one"), true);
  await end(world);
});

test("attach and back, a shell inside, Ctrl-Z and fg, and the terminal is as it was", { skip }, async () => {
  using operator = newOperator();
  await startShell(operator, "one");
  using screen = openScreen(operator, 100, 30);
  const before = await stty(screen, "before");
  screen.type(`clear; ${ALONE}; echo code-$?`);
  await screen.shows(/~ one/);
  press(screen, "Enter");
  await screen.shows(/\$$/m);
  await eventually("the agent has the terminal", () => !/bot-bottle/.test(screen.text()));
  screen.type("echo in-$((40+2))");
  await screen.shows(/^in-42$/m);
  press(screen, "C-]", "d");
  await screen.shows(/bot-bottle.*1 bottle/);
  press(screen, "s");
  await eventually("the shell has the terminal", () => !/bot-bottle/.test(screen.text()));
  screen.type("echo shell-$((1+1)); exit");
  await screen.shows(/bot-bottle.*1 bottle/);
  press(screen, "C-z");
  await screen.shows(/Stopped/);
  assert.equal(await stty(screen, "stopped"), before);
  screen.type("fg");
  await screen.shows(/bot-bottle.*1 bottle/);
  // It hears keys again.
  press(screen, "?");
  await screen.shows(/In the list/);
  press(screen, "q");
  screen.tmux("resize-window", "-x", "62", "-y", "20");
  await eventually("the narrow screen is drawn", () =>
    screen
      .text()
      .split("\n")
      .some((line) => /^- one -{30,} *$/.test(line)),
  );
  screen.tmux("resize-window", "-x", "120", "-y", "35");
  await screen.shows(/^ bot-bottle .{90,}UTC/m);
  press(screen, "q");
  // Behind a stopped job the shell goes on with its line at once: there is no code to wait for.
  await eventually("the screen is left", () => screen.tmux("display-message", "-p", "#{alternate_on}").trim() === "0");
  assert.equal(await stty(screen, "after"), before);
  await remove(operator, "one");
});

test("in the operator's tmux the agent is shown in a pane beside", { skip }, async () => {
  using operator = newOperator();
  await startShell(operator, "one");
  using screen = openScreen(operator, 200, 50);
  screen.type("clear; bottle; echo code-$?");
  await screen.shows(/~ one/);
  press(screen, "Enter");
  const panes = () => screen.tmux("list-panes", "-s", "-F", "#{pane_id} #{@bottle}").trim().split("\n");
  await eventually("a pane shows the bottle", () => panes().some((pane) => / one$/.test(pane)));
  screen.tmux("kill-pane", "-t", "%1");
  await quit(screen);
  await remove(operator, "one");
});

test("the form starts a bottle; it is stopped, removed and kept by undo", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 30);
  screen.type(`clear; ${ALONE}; echo code-$?`);
  await screen.shows(/No bottles yet/);
  press(screen, "n");
  await screen.shows(/> agent +\w+[\s\S]*claude {2}shell/);
  press(screen, "C-u");
  write(screen, "shell");
  press(screen, "C-s");
  await screen.shows(/~ shell-[0-9a-z]{5}[\s\S]*shell runs/);
  const name = /shell-[0-9a-z]{5}/.exec(screen.text())?.[0] ?? "";
  write(screen, "/s:working");
  await screen.shows(/no bottle fits/);
  press(screen, "Escape");
  await screen.shows(/~ shell-/);
  press(screen, "x");
  await screen.shows(/stop shell-.*y or n/);
  press(screen, "y");
  await screen.shows(/[x#] shell-[0-9a-z]{5} [\s\S]*is stopped/);
  press(screen, "X");
  await screen.shows(/type shell-.* to remove/);
  write(screen, name);
  press(screen, "Enter");
  await screen.shows(/is removed in \d+ ?s/);
  press(screen, "u");
  await screen.shows(new RegExp(`${name} stays`));
  press(screen, "X");
  write(screen, name);
  press(screen, "Enter");
  await screen.shows(/is removed in \d+ ?s/);
  press(screen, "q");
  await screen.shows(/was not removed: bottle rm[\s\S]*code-0/);
  await remove(operator, name);
});

test("a host process that is stopped shows as not known, and nothing else waits for it", { skip }, async () => {
  using operator = newOperator();
  await startShell(operator, "stuck");
  await startShell(operator, "well");
  const folder = join(operator.home, ".local/state/bot-bottle/bottles/stuck");
  assert.ok(readdirSync(folder).includes("record.json"));
  const parsed = parseRecord(readFileSync(join(folder, "record.json"), "utf8"));
  assert.ok(parsed.ok);
  const { pid } = parsed.record.host;
  using screen = openScreen(operator, 100, 30);
  process.kill(pid, "SIGSTOP");
  try {
    screen.type(`clear; ${ALONE} dashboard --read-only; echo code-$?`);
    await screen.shows(/~ stuck [^\n]*its host pro/);
    press(screen, "?");
    await screen.shows(/In the list/);
    press(screen, "q");
    press(screen, "x");
    await screen.shows(/read-only: this dashboard only looks/);
    press(screen, "n");
    await screen.shows(/read-only: this dashboard only looks/);
    await quit(screen);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await remove(operator, "stuck", "well");
});

for (const signal of ["SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  test(`after ${signal} the terminal is as it was, and bottles run on`, { skip }, async () => {
    using operator = newOperator();
    await startShell(operator, "one");
    using screen = openScreen(operator, 100, 30);
    const before = await stty(screen, "before");
    screen.type(`clear; ${ALONE}; echo code-$?`);
    await screen.shows(/~ one/);
    const pane = screen.tmux("display-message", "-p", "#{pane_pid}").trim();
    const child = readFileSync(`/proc/${pane}/task/${pane}/children`, "utf8").trim().split(" ")[0];
    process.kill(Number(child), signal);
    const flags = () => screen.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}").trim();
    await eventually("no mode of the dashboard stays on", () => flags() === "0 1 0");
    assert.equal(await stty(screen, "after"), before);
    assert.match((await operator.bottle(["ls", "--running"])).stdout, /one/);
    await remove(operator, "one");
  });
}

test("after SIGTERM during a handoff nothing of it reads the terminal beside the shell", { skip }, async () => {
  using operator = newOperator();
  await startShell(operator, "one");
  using screen = openScreen(operator, 100, 30);
  const before = await stty(screen, "before");
  screen.type(`clear; ${ALONE}; echo code-$?`);
  await screen.shows(/~ one/);
  const pane = screen.tmux("display-message", "-p", "#{pane_pid}").trim();
  const child = readFileSync(`/proc/${pane}/task/${pane}/children`, "utf8").trim().split(" ")[0];
  press(screen, "s");
  await eventually("the shell has the terminal", () => !/bot-bottle/.test(screen.text()));
  screen.type("echo inside-$((1+1))");
  await screen.shows(/^inside-2$/m);
  const programs = readFileSync(`/proc/${child}/task/${child}/children`, "utf8").trim().split(" ");
  const ours = programs.filter((pid) => readlinkSync(`/proc/${pid}/exe`) === process.execPath);
  assert.equal(ours.length, 1);
  process.kill(Number(child), "SIGTERM");
  await screen.shows(/code-\d/);
  // By then, and not at some time.
  assert.deepEqual(
    ours.filter((pid) => existsSync(`/proc/${pid}/exe`)),
    [],
  );
  assert.equal(await stty(screen, "after"), before);
  assert.match((await operator.bottle(["ls", "--running"])).stdout, /one/);
  await remove(operator, "one");
});

test("a lost terminal ends it", { skip }, async () => {
  using operator = newOperator();
  let pid = 0;
  {
    using screen = openScreen(operator, 100, 30);
    screen.type(`clear; exec ${ALONE}`);
    await screen.shows(/No bottles yet/);
    pid = Number(screen.tmux("display-message", "-p", "#{pane_pid}").trim());
    assert.ok(pid > 1);
  }
  await eventually("its process is gone", () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
});
