import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { openScreen, type Screen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "tmux", "script");

/** Every byte that `bottle` writes to the terminal of `screen` from now on, a moment later than it is shown. */
function listen(screen: Screen, operator: Operator): () => string {
  const path = join(operator.home, `bytes-${Math.random().toString(36).slice(2)}`);
  writeFileSync(path, "");
  screen.tmux("pipe-pane", "-O", `cat >>${path}`);
  return () => readFileSync(path, "utf8");
}

const NO_TMUX = { TMUX: "" };

test("row 152: the notification of a request that waits reaches the foreground's terminal whole, the agent's own say whose they are", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest('{ "bottles": { "default": { "egress": { "default": "ask" } } } }');
  using screen = openScreen(operator, 100, 24, NO_TMUX);
  const bytes = listen(screen, operator);
  const script = [
    "printf '\\033]9;bottle: a asks: run curl evil\\007'",
    // A picture that never ends swallows nothing of ours.
    "printf '\\033Pq#0!10~'",
    "curl -s http://stand.example.com/x >/dev/null & read x; kill %1; echo out-$((40+2)); exit 3",
  ].join("; ");
  writeFileSync(join(operator.home, "script"), script);
  screen.type(`bottle start shell --name a -- -c "$(cat ${operator.home}/script)"; echo code-$?`);
  await eventually("it is told", () =>
    bytes().includes("\u001b\\\u001b]9;bottle: a asks: GET stand.example.com:80; bottle approvals a\u0007"),
  );
  assert.ok(bytes().includes("\u001b]9;the agent says: bottle: a asks: run curl evil\u0007"));
  assert.ok(!bytes().includes("\u001b]9;bottle: a asks: run"));
  screen.type("");
  await screen.shows(/code-3/);
  assert.ok(!bytes().includes("finished"), "who started it a moment ago sees its end");
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("an attached terminal is told what waits and how it ended, and shows the same screen as before", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest('{ "bottles": { "default": { "egress": { "default": "ask" } } } }');
  const script = "echo in-$((40+2)); read x; curl -s http://stand.example.com/x >/dev/null & read y; kill %1; exit 5";
  assert.equal((await operator.bottle(["start", "shell", "-d", "--name", "a", "--", "-c", script])).code, 0);
  using screen = openScreen(operator, 100, 24, NO_TMUX);
  using quiet = openScreen(operator, 100, 24, NO_TMUX);
  const [bytes, none] = [listen(screen, operator), listen(quiet, operator)];
  screen.type("bottle attach a; echo code-$?");
  quiet.type("bottle attach --no-notify a; echo code-$?");
  await screen.shows(/^in-42$/m);
  await quiet.shows(/^in-42$/m);
  screen.type("");
  await eventually("it is told", () =>
    bytes().includes("\u001b]9;bottle: a asks: GET stand.example.com:80; bottle approvals a\u0007"),
  );
  assert.match(screen.text(), /^in-42$/m);
  screen.type("");
  await screen.shows(/a ended with exit 5\n+code-5/);
  await eventually("its end is told", () =>
    bytes().includes("\u001b]9;bottle: a finished with exit 5; bottle diff a\u0007"),
  );
  await quiet.shows(/code-5/);
  assert.ok(!none().includes("\u001b]9;"));
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("an attached terminal is told that the host process was killed; in the operator's tmux it is wrapped", {
  skip,
}, async () => {
  using operator = newOperator();
  assert.equal(
    (await operator.bottle(["start", "shell", "-d", "--name", "a", "--", "-c", "echo in-$((40+2)); read x"])).code,
    0,
  );
  using screen = openScreen(operator, 100, 24);
  const bytes = listen(screen, operator);
  screen.type("bottle attach a; echo code-$?");
  await screen.shows(/^in-42$/m);
  const record = join(operator.home, ".local/state/bot-bottle/bottles/a/record.json");
  const { host } = JSON.parse(readFileSync(record, "utf8")) as { host: { pid: number } };
  process.kill(host.pid, "SIGKILL");
  await screen.shows(/code-125/);
  await eventually("it is told", () =>
    bytes().includes(
      "\u001bPtmux;\u001b\u001b]9;bottle: a is lost: nobody saw how its agent ended; bottle recover a\u0007\u001b\\\u0007",
    ),
  );
  assert.equal((await operator.bottle(["prune", "--all"])).code, 0);
});

const copy = (text: string) => `printf '\\033]52;c;${Buffer.from(text).toString("base64")}\\007'`;
const LAST = "rm -rf\u001b[2J /\nsecond";

/** A script that copies two texts, waits for a line and ends with 4. */
function copier(operator: Operator): string {
  const path = join(operator.home, "script");
  writeFileSync(path, `${copy("first")}; ${copy(LAST)}; echo in-$((40+2)); read x; exit 4`);
  return `--name a --clipboard ask -- -c "$(cat ${path})"`;
}

/** Of texts that are copied at once the last is kept, a moment after it is on the screen. */
async function copied(screen: Screen, operator: Operator): Promise<void> {
  await screen.shows(/^in-42$/m);
  const record = join(operator.home, ".local/state/bot-bottle/bottles/a/record.json");
  const { run } = JSON.parse(readFileSync(record, "utf8")) as { run: string };
  const last = Buffer.from(LAST).toString("base64");
  const kept = join(run, "clipboard.json");
  await eventually("the last is kept", () => existsSync(kept) && readFileSync(kept, "utf8").includes(last));
}

test("--clipboard ask, in the foreground: what is shown is escaped and the last of it, and without a yes nothing is set", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 24, NO_TMUX);
  using other = openScreen(operator, 100, 30, NO_TMUX);
  const [bytes, answers] = [listen(screen, operator), listen(other, operator)];
  screen.type(`bottle start shell ${copier(operator)}; echo code-$?`);
  await copied(screen, operator);
  await eventually("it is told", () => bytes().includes("\u001b]9;bottle: a wants to put"));
  other.type("bottle clipboard a; echo no-$?");
  await other.shows(/^rm -rf\\x1b\[2J \/\n+second\n+Put these 19 bytes of a's into your clipboard\? \[y\/N\]/m);
  other.type("n");
  await other.shows(/^no-1$/m);
  other.type("clear; bottle clipboard a; echo gone-$?");
  await other.shows(/a has copied nothing that waits\n+gone-1/);
  screen.type("");
  await screen.shows(/code-4/);
  assert.doesNotMatch(bytes() + answers(), /\u001b\]52;/);
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("--clipboard ask, attached: a yes sets the clipboard of the terminal on which it was given", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 24, NO_TMUX);
  using other = openScreen(operator, 100, 30, NO_TMUX);
  const [bytes, answers] = [listen(screen, operator), listen(other, operator)];
  screen.type(`bottle start shell -d ${copier(operator)} && bottle attach a; echo code-$?`);
  await copied(screen, operator);
  other.type("bottle clipboard a; echo yes-$?");
  await other.shows(/into your clipboard\? \[y\/N\]/);
  other.type("y");
  await other.shows(/^yes-0$/m);
  const set = `\u001b]52;c;${Buffer.from(LAST).toString("base64")}\u0007`;
  await eventually("it is set", () => answers().includes(set));
  screen.type("");
  await screen.shows(/code-4/);
  assert.doesNotMatch(bytes(), /\u001b\]52;/);
  assert.equal((await operator.bottle(["rm", "a"])).code, 0);
});

test("without --clipboard nothing waits; what was copied goes into a pipe as it is, and into the operator's own tmux", {
  skip,
}, async () => {
  using operator = newOperator();
  const once = "printf '\\033]52;c;eDp5\\007'; echo in-$((40+2))";
  const script = `${once}; until [ -e ~/go ]; do sleep 0.05; done; ${once}; read x`;
  const start = (name: string, ...more: readonly string[]) =>
    operator.bottle(["start", "shell", "-d", "--without-cgroup", "--name", name, ...more, "--", "-c", script]);
  assert.equal((await start("off")).code, 0);
  assert.equal((await start("ask", "--clipboard", "ask")).code, 0);
  await eventually("it is printed", async () => (await operator.bottle(["logs", "off"])).stdout.includes("in-42"));
  const none = await operator.bottle(["clipboard", "off"]);
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  const got = await eventually("it waits", async () => {
    const asked = await operator.bottle(["clipboard", "ask"]);
    return asked.code === 0 ? asked : null;
  });
  assert.equal(got.stdout, "x:y");
  assert.equal((await operator.bottle(["clipboard", "ask"])).code, 1);
  using screen = openScreen(operator, 100, 24);
  assert.equal((await operator.bottle(["exec", "ask", "--", "touch", "/home/agent/go"])).code, 0);
  screen.type("until bottle clipboard ask --yes; do :; done; echo took-$?");
  await screen.shows(/^took-0$/m);
  assert.equal(screen.tmux("show-buffer"), "x:y");
  assert.equal((await operator.bottle(["stop", "off", "ask", "--grace", "0"])).code, 0);
  assert.equal((await operator.bottle(["clipboard", "ask"])).code, 2);
  for (const name of ["off", "ask"]) assert.equal((await operator.bottle(["rm", name])).code, 0);
});
