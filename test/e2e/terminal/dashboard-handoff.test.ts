import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { openScreen, type Screen } from "../../support/screen.ts";

const skip = skipWithout("tmux", "python3");
/** BOT_BOTTLE_HANDOFFS=1000 is what was promised; it takes minutes. */
const COUNT = Number(process.env.BOT_BOTTLE_HANDOFFS ?? 40);
const KEYS = "abcdefghi.";

test(`${COUNT} handoffs of the terminal lose no key, on the way there and back`, { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 80, 24);
  const log = join(operator.home, "keys");
  writeFileSync(log, "");
  const child = join(import.meta.dirname, "dashboard-handoff-child.ts");
  screen.type([process.execPath, ...NODE_FLAGS, child, log].join(" "));
  await screen.shows(/here-0/);
  for (let at = 1; at <= COUNT; at++) {
    screen.tmux("send-keys", "h");
    await screen.shows(new RegExp(`ready-${at}\\b`));
    screen.tmux("send-keys", "-l", KEYS);
    await screen.shows(new RegExp(`here-${at}\\b`));
  }
  screen.tmux("send-keys", "q");
  await eventually("the screen is left", () => screen.tmux("display-message", "-p", "#{alternate_on}").trim() === "0");
  assert.equal(readFileSync(log, "utf8"), `${KEYS}\n`.repeat(COUNT));
});

/** Modes of the terminal: presses (1000), in decimal (1006). */
const modes = (screen: Screen) =>
  screen.tmux("display-message", "-p", "#{mouse_standard_flag}#{mouse_any_flag}#{mouse_sgr_flag}").trim();
const send = (screen: Screen, bytes: string) =>
  screen.tmux("send-keys", "-H", ...(Buffer.from(bytes).toString("hex").match(/../g) ?? []));

test("the mouse is heard while the screen is ours, and its modes are off at every handoff and after it", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 80, 24);
  const log = join(operator.home, "keys");
  writeFileSync(log, "");
  const child = join(import.meta.dirname, "dashboard-handoff-child.ts");
  screen.type([process.execPath, ...NODE_FLAGS, child, log].join(" "));
  await screen.shows(/here-0/);
  for (let at = 1; at <= 3; at++) {
    await eventually("the mouse is heard", () => modes(screen) === "111");
    screen.tmux("send-keys", "h");
    await screen.shows(new RegExp(`ready-${at}\\b`));
    assert.equal(modes(screen), "000");
    screen.tmux("send-keys", ".");
    await screen.shows(new RegExp(`here-${at}\\b`));
  }
  await eventually("the mouse is heard", () => modes(screen) === "111");
  writeFileSync(log, "");
  send(screen, "\u001b[<0;7;3M\u001b[<0;7;3m\u001b[I");
  const seen = '{"kind":"press","column":7,"row":3}\n{"kind":"focus"}\n';
  await eventually("the click is heard", () => readFileSync(log, "utf8").length >= seen.length);
  // In two pieces with a key behind: nothing of it is a key.
  send(screen, "\u001b[<64;1");
  send(screen, ";1M");
  screen.tmux("send-keys", "j");
  await eventually("the key is heard", () => /stray/.test(readFileSync(log, "utf8")));
  assert.equal(readFileSync(log, "utf8"), `${seen}{"kind":"wheel-up","column":1,"row":1}\nstray j\n`);
  screen.tmux("send-keys", "q");
  await eventually("the screen is left", () => screen.tmux("display-message", "-p", "#{alternate_on}").trim() === "0");
  assert.equal(modes(screen), "000");
});
