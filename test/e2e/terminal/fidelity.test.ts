import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { byteAgent, bytesGot } from "../../support/byte-agent.ts";
import { CAGES } from "../../support/cages.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";
import { openScreen } from "../../support/screen.ts";

/** Keys that a terminal may take for itself on their way: ^C ^Z ^\ ^S ^Q ^D, ESC, DEL, CR, TAB, é, 漢. */
const KEYS = "\u0003\u001a\u001c\u0013\u0011\u0004\u007f\r\té漢";
const PASTE = "\u001b[200~first line\rsecond 'line'\r\tthird\u001b[201~";
/** Shift+Enter and Ctrl+Shift+A, as terminals with kitty's keys write them. */
const KITTY = "\u001b[13;2u\u001b[97;6u";
const ASKED_FOR = "\u001b[?2004h\u001b[>4;2m\u001b[?1000h\u001b[?1006h";
const COPY = "\u001b]52;c;c3RvbGVu\u0007";
const TITLE = "\u001b]2;a\u202etitle\u0001here\u0007";
const latin1 = (text: string) => Buffer.from(text).toString("latin1");

for (const { title, backend, needs } of CAGES) {
  const skip = skipWithout(...needs, "python3", "script", "tmux");
  const on = ({ env }: Operator) => ({ ...env, BOT_BOTTLE_BACKEND: backend });
  const run = (operator: Operator, args: readonly string[], env: Record<string, string> = {}) => ({
    argv: ["/usr/bin/env", "-C", operator.workspace, ...operator.words, ...args],
    env: { ...on(operator), ...env },
  });
  const bottle = (operator: Operator, args: readonly string[]) =>
    operator.bottle(args, { env: { BOT_BOTTLE_BACKEND: backend } });

  test(`${title}, in the foreground: first frame, resizes, every key, a paste of several lines, kitty's keys`, {
    skip,
  }, async () => {
    using operator = newOperator();
    const command = run(operator, ["start", "shell", "--rm", "--", ...byteAgent(ASKED_FOR)]);
    const { code, shown } = await onTerminal(command, [
      ["ready", "resize 40 120"],
      ["size 40x120", "resize 20 70"],
      ["size 20x70", KEYS],
      ["got", PASTE],
      ["1b5b3230317e", KITTY],
      ["3b3675", "\u001b"],
      ["3b3675", "q"],
    ]);
    assert.match(shown, /size 33x101\r\nready/);
    assert.equal(bytesGot(shown), latin1(`${KEYS}${PASTE}${KITTY}\u001bq`));
    assert.equal(code, 5);
  });

  test(`${title}, attached: first frame, resizes, every key, a paste of several lines, Shift+Enter`, {
    skip,
  }, async () => {
    using operator = newOperator();
    const started = await bottle(operator, ["start", "shell", "-d", "--name", "held", "--", ...byteAgent(ASKED_FOR)]);
    assert.equal(started.code, 0, started.stderr);
    const { code } = await onTerminal(run(operator, ["attach", "held"]), [
      ["size 33x101", "resize 40 120"],
      ["size 40x120", "resize 20 70"],
      ["size 20x70", KEYS],
      ["got", PASTE],
      ["1b5b3230317e", "\u001b[13;2u"],
      ["3b3275", "q"],
    ]);
    assert.equal(code, 5);
    const log = (await bottle(operator, ["logs", "held"])).stdout;
    assert.match(log, /size \d+x\d+\nready\n/);
    assert.equal(bytesGot(log), latin1(`${KEYS}${PASTE}\u001b[13;2uq`));
    assert.equal((await bottle(operator, ["rm", "held"])).code, 0);
  });

  test(`${title}: the clipboard by policy, never in a title what is no text; in the foreground and attached`, {
    skip,
  }, async () => {
    using operator = newOperator();
    const agent = byteAgent(`${COPY}${TITLE}`);
    const here = await onTerminal(run(operator, ["start", "shell", "--name", "front", "--", ...agent]), [
      ["ready", "q"],
    ]);
    assert.equal(here.code, 5);
    assert.match(here.shown, /\u001b\]2;atitlehere\u0007/);
    assert.doesNotMatch(here.shown, /c3RvbGVu|\u202e/);
    const open = await onTerminal(run(operator, ["start", "shell", "--rm", "--clipboard", "on", "--", ...agent]), [
      ["ready", "q"],
    ]);
    assert.equal(open.shown.includes(COPY), true);
    for (const policy of ["off", "on"]) {
      const name = `held-${policy}`;
      const words = ["start", "shell", "-d", "--name", name, "--clipboard", policy];
      // Again and again: tmux drops it at a moment in which it paints the whole screen anew.
      const copies = 'echo go-$((40+2)); for n in 1 2 3 4; do read x; printf %s "$0"; echo sent-$n; done; exit 5';
      const started = await bottle(operator, [...words, "--", "-c", copies, `${COPY}${TITLE}`]);
      assert.equal(started.code, 0, started.stderr);
      const { code, shown } = await onTerminal(run(operator, ["attach", name]), [
        ["go-42", "\r"],
        ["sent-1", "\r"],
        ["sent-2", "\r"],
        ["sent-3", "\r"],
      ]);
      assert.equal(code, 5);
      assert.match(shown, new RegExp(`\u001b\\]0;${name}\u0007`));
      assert.doesNotMatch(shown, /titlehere/);
      assert.equal(/c3RvbGVu/.test(shown), policy === "on", shown);
    }
    assert.equal((await bottle(operator, ["rm", "front", "held-off", "held-on"])).code, 0);
  });

  test(`${title}: an agent that suspends itself goes on, in the foreground and attached`, { skip }, async () => {
    using operator = newOperator();
    const script = ["-c", "echo go-$((40+2)); read x; kill -TSTP $$; echo went-on; exit 6"];
    const here = await onTerminal(run(operator, ["start", "shell", "--rm", "--", ...script]), [["go-42", "\r"]]);
    assert.match(here.shown, /went-on/);
    assert.equal(here.code, 6);
    assert.equal((await bottle(operator, ["start", "shell", "-d", "--name", "held", "--", ...script])).code, 0);
    const away = await onTerminal(run(operator, ["attach", "held"]), [["go-42", "\r"]]);
    assert.equal(away.code, 6);
    assert.match((await bottle(operator, ["logs", "held"])).stdout, /went-on/);
    assert.equal((await bottle(operator, ["rm", "held"])).code, 0);
  });

  test(`${title}: the terminal is as before when an attached client ends: by the keys, TERM, HUP, KILL, with its agent`, {
    skip,
  }, async () => {
    using operator = newOperator();
    using screen = openScreen(operator, 100, 30, { BOT_BOTTLE_BACKEND: backend });
    writeFileSync(
      join(operator.workspace, "agent.sh"),
      'stty raw -echo; printf "\\033[?1049h\\033[?25l\\033[?1000h\\033[?1006h\\033[?2004h"; echo in-$((40+2)); head -c 1 >/dev/null',
    );
    const started = await bottle(operator, ["start", "shell", "-d", "--name", "held", "--", "agent.sh"]);
    assert.equal(started.code, 0, started.stderr);
    screen.type("stty -a | md5sum > before; echo ready");
    await screen.shows(/^ready$/m);
    for (const how of ["keys", "TERM", "HUP", "KILL", "end"]) {
      screen.type(
        `clear; bottle attach held; until stty -a | md5sum | cmp -s - before; do sleep 0.05; done; echo same-${how}-$((50+2))`,
      );
      await screen.shows(/in-42/);
      if (how === "keys") screen.tmux("send-keys", "C-]", "d");
      else if (how === "end") screen.tmux("send-keys", "x");
      else process.kill(await eventually("the client", () => attachOf(operator)), `SIG${how}`);
      await screen.shows(new RegExp(`same-${how}-52`));
      const modes = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}";
      await eventually("its modes are as before", () => screen.tmux("display", "-p", modes).trim() === "0 1 0 0");
    }
    assert.equal((await bottle(operator, ["wait", "held"])).code, 0);
    assert.equal((await bottle(operator, ["rm", "held"])).code, 0);
  });
}

/** The process of this operator's `bottle attach`. */
function attachOf({ env }: Operator): number | null {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const ours = readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${env.HOME}\0`);
      if (ours && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("main.ts\0attach\0")) return Number(pid);
    } catch {
      // It has ended.
    }
  }
  return null;
}
