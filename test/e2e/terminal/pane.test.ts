import assert from "node:assert/strict";
import { chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ordinaryUser, skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { openScreen, type Screen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "tmux", "script");
/** Stays until it is told the code with which it shall end. */
const AGENT = `-- -c 'echo in-$((40+2)); read code; exit $code'`;

interface PaneNow {
  readonly id: string;
  readonly window: string;
  readonly dead: boolean;
  readonly active: boolean;
  readonly bottle: string;
  readonly pid: number;
}

function panes(screen: Screen): readonly PaneNow[] {
  // tmux 3.3 sometimes learns that a command has ended only when the next one does.
  screen.tmux("run-shell", "true");
  const format = "#{pane_id} #{window_id} #{pane_dead} #{&&:#{window_active},#{pane_active}} #{pane_pid} #{@bottle}";
  return screen
    .tmux("list-panes", "-s", "-F", format)
    .trim()
    .split("\n")
    .map((line) => {
      const [id = "", window = "", dead, active, pid, bottle = ""] = line.split(" ");
      return { id, window, dead: dead === "1", active: active === "1", bottle, pid: Number(pid) };
    });
}

/** The pane of a bottle, once it shows what is awaited. */
function paneOf(screen: Screen, name: string, pattern: RegExp): Promise<PaneNow> {
  return eventually(`a pane of ${name} shows ${pattern}: ${JSON.stringify(panes(screen))}`, () => {
    const pane = panes(screen).find(({ bottle }) => bottle === name);
    return pane !== undefined && pattern.test(screen.tmux("capture-pane", "-p", "-t", pane.id)) ? pane : null;
  });
}

function homeShows(screen: Screen, pattern: RegExp): Promise<string> {
  const text = () => screen.tmux("capture-pane", "-p", "-t", "%0");
  return eventually(`the first pane shows ${pattern}, not ${text()}`, () => (pattern.test(text()) ? text() : null));
}

test("start --pane, detach, attach --pane: one pane for one bottle, in which the agent is not", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 200, 50);
  screen.type(`bottle start shell --name one --pane ${AGENT}; echo code-$?`);
  const pane = await paneOf(screen, "one", /^in-42$/m);
  await homeShows(screen, /one is in a new pane of your tmux \(%1\)[\s\S]*code-0/);
  assert.deepEqual([pane.id, pane.active, panes(screen).length], ["%1", true, 2]);
  // Again, from the first pane: the same one, and the focus goes to it.
  screen.tmux("select-pane", "-t", "%0");
  screen.type("clear; bottle attach --pane one; echo again-$?");
  await homeShows(screen, /one is in a pane that was there of your tmux \(%1\)[\s\S]*again-0/);
  assert.deepEqual(
    panes(screen).map(({ id, active }) => [id, active]),
    [
      ["%0", false],
      ["%1", true],
    ],
  );
  // The pane is killed, the agent is not.
  screen.tmux("kill-pane", "-t", "%1");
  screen.type("clear; bottle attach --pane one; echo third-$?");
  await homeShows(screen, /a new pane of your tmux \(%2\)[\s\S]*third-0/);
  await paneOf(screen, "one", /^in-42$/m);
  screen.tmux("send-keys", "-t", "%2", "C-]", "d");
  await eventually("a pane that was left closes", () => panes(screen).length === 1);
  assert.equal((await operator.bottle(["stop", "one", "--grace", "1"])).code, 0);
  assert.equal((await operator.bottle(["rm", "one"])).code, 0);
});

test("panes that are over are used again, and one that runs something else by now is not", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 200, 50);
  screen.type(`bottle start shell --name one --pane ${AGENT}`);
  await paneOf(screen, "one", /^in-42$/m);
  screen.type("7");
  // It stays, so that what it said last can be read.
  const over = await eventually("the pane is over", () => panes(screen).find(({ dead }) => dead));
  assert.equal(over.bottle, "one");
  await paneOf(screen, "one", /^one: exit 7$/m);
  assert.match(screen.tmux("capture-pane", "-p", "-S", "-", "-t", over.id), /one ended with exit 7/);
  screen.tmux("select-pane", "-t", "%0");
  screen.type(`bottle resume one --pane ${AGENT}`);
  const again = await paneOf(screen, "one", /^in-42$/m);
  assert.deepEqual([again.id, again.active, panes(screen).length], [over.id, true, 2]);
  screen.type("8");
  await eventually("it is over again", () => panes(screen).find(({ id }) => id === over.id)?.dead);
  screen.tmux("select-pane", "-t", "%0");
  screen.type(`clear; bottle start shell --name two --pane ${AGENT}`);
  assert.equal((await paneOf(screen, "two", /^in-42$/m)).id, over.id);
  // The operator takes the pane for something else; the mark of tmux stays on it.
  screen.tmux("respawn-pane", "-k", "-t", over.id, "cat");
  screen.tmux("select-pane", "-t", "%0");
  screen.type("clear; bottle attach --pane two; echo code-$?");
  await homeShows(screen, /a new pane of your tmux \(%2\)[\s\S]*code-0/);
  assert.equal(panes(screen).length, 3);
  // Watching is another view than typing.
  screen.tmux("select-pane", "-t", "%0");
  screen.type("clear; bottle attach --pane --read-only two; echo watch-$?");
  await homeShows(screen, /your tmux \(%3\)[\s\S]*watch-0/);
  assert.equal((await operator.bottle(["stop", "two", "--grace", "1"])).code, 0);
  assert.equal((await operator.bottle(["rm", "one", "two"])).code, 0);
});

test("row 152: a pane gets folder and environment from the caller: no secret, no name that tmux would run, no folder of the server", {
  skip,
}, async () => {
  using operator = newOperator();
  const odd = join(operator.workspace, "#(touch run-by-tmux)#{pane_id};");
  mkdirSync(odd);
  const secret = `sk-ant-oat01-${"p".repeat(93)}AA`;
  using screen = openScreen(operator, 100, 60, { CLAUDE_CODE_OAUTH_TOKEN: secret, TOLD: "not for panes" });
  operator.writeManifest('{ "bottles": { "default": { "env": { "WORD": "?Which word" } } } }');
  screen.tmux("set-environment", "-g", "XDG_STATE_HOME", join(operator.home, "elsewhere"));
  screen.type(`cd '${odd}'; bottle start shell ~/project --name odd --pane -- -c 'echo got-$WORD; read code'`);
  // Asked here, before there is a pane.
  await homeShows(screen, /Which word/);
  assert.equal(panes(screen).length, 1);
  screen.type("bluebird");
  const { id, pid } = await paneOf(screen, "odd", /^got-bluebird$/m);
  assert.equal(screen.tmux("display", "-p", "-t", id, "#{pane_current_path}").trim(), odd);
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  assert.doesNotMatch(environment, /sk-ant|not for panes|bluebird/);
  assert.match(environment, /(?:^|\0)XDG_STATE_HOME=\0/);
  assert.match(environment, /(?:^|\0)TERM=(?:screen|tmux)/);
  assert.doesNotMatch(screen.tmux("show-environment", "-g") + screen.tmux("show-environment"), /sk-ant|not for panes/);
  assert.deepEqual(readdirSync(odd), []);
  assert.doesNotMatch(readdirSync(operator.workspace).join(" "), /run-by-tmux$/);
  assert.equal((await operator.bottle(["stop", "odd", "--grace", "1"])).code, 0);
  assert.equal((await operator.bottle(["rm", "odd"])).code, 0);
});

test("--pane where there is no tmux to open one in: exit 2 says what to do, and nothing is started", {
  skip,
}, async () => {
  using operator = newOperator();
  const place = (screen: Screen) => screen.tmux("display", "-p", "#{socket_path},#{pid},0").trim();
  const refusal = async (args: readonly string[], env: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await operator.bottle(args, { env });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    return stderr;
  };
  const start = ["start", "shell", "--name", "x", "--pane"];
  assert.match(await refusal(start), /not in one \(TMUX\) \[USAGE\]\n {2}start tmux first; or take -d/);
  let gone = "";
  {
    using screen = openScreen(operator, 80, 24);
    gone = place(screen);
    const another = gone.replace(/,\d+,0$/, ",1,0");
    assert.match(await refusal(start, { TMUX: another }), /is gone: another server is there by now/);
    const env = { TMUX: gone };
    assert.match(await refusal([...start, "-p", "true"], env), /one with a prompt has none/);
    writeFileSync(join(operator.home, "tasks"), '{ "prompt": "true" }\n');
    assert.match(await refusal(["start", "shell", "--pane", "--from", "../tasks"], env), /those of --from have none/);
    assert.equal(panes(screen).length, 1);
    if (process.getuid?.() === 0) {
      const { uid, gid } = ordinaryUser();
      chownSync(gone.split(",")[0] ?? "", uid, gid);
      assert.match(await refusal(start, env), /the tmux at [^\n]* is another user's \[USAGE\]/);
    }
  }
  assert.match(await refusal(start, { TMUX: gone, TMUX_PANE: "%0" }), /TMUX names is gone/);
  assert.deepEqual(JSON.parse((await operator.bottle(["ls", "--format", "json"])).stdout), []);
});
