import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

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
