import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { openScreen, type Screen } from "../../support/screen.ts";

/** What each shell is started with and told first. */
const SHELLS = {
  bash: { needs: [], start: "true", load: 'eval "$(bottle completion bash)"' },
  zsh: {
    needs: ["zsh"],
    start: "zsh -f",
    load: 'PS1="$ "; autoload -Uz compinit; compinit -u -D; setopt no_menu_complete; eval "$(bottle completion zsh)"',
  },
  fish: {
    needs: ["fish"],
    start: "fish --no-config",
    load: "function fish_prompt; echo '$ '; end; function fish_greeting; end; bottle completion fish | source",
  },
} as const;

/** Types `words`, presses Tab until the line reads as expected, and clears it. */
async function completes(screen: Screen, words: string, expected: RegExp): Promise<void> {
  screen.tmux("send-keys", "-l", words);
  await screen.shows(new RegExp(`\\$ ${words.replace(/[.*+?^$()|[\]\\{}]/g, "\\$&")}`));
  screen.tmux("send-keys", "Tab");
  await screen.shows(expected);
  screen.tmux("send-keys", "C-u");
  screen.tmux("send-keys", "C-l");
  await screen.shows(/^\$ *\n*$/);
}

async function makeEnded(operator: Operator): Promise<void> {
  const made = await operator.bottle(["start", "shell", "--name", "ended-7x", "-p", "true"]);
  assert.equal(made.code, 0, made.stderr);
  mkdirSync(join(operator.workspace, "sources"));
  writeFileSync(join(operator.workspace, "source.txt"), "");
}

for (const [shell, { needs, start, load }] of Object.entries(SHELLS)) {
  test(`${shell} completes verbs, options, values, bottles, agents and paths`, {
    skip: skipWithout("bubblewrap", "tmux", ...needs),
  }, async () => {
    using operator = newOperator();
    await makeEnded(operator);
    using screen = openScreen(operator, 110, 30);
    screen.type(start);
    screen.type(`${load}; clear; echo loaded`);
    await screen.shows(/^loaded$/m);
    screen.type("clear");
    await screen.shows(/^\$ *\n*$/);
    await completes(screen, "bottle doc", /\$ bottle doctor *$/m);
    await completes(screen, "bottle start cla", /\$ bottle start claude *$/m);
    await completes(screen, "bottle rm en", /\$ bottle rm ended-7x *$/m);
    await completes(screen, "bottle start shell --dry", /\$ bottle start shell --dry-run *$/m);
    await completes(screen, "bottle start --workspace bi", /\$ bottle start --workspace bind *$/m);
    await completes(screen, "bottle ls --format=js", /\$ bottle ls --format=json *$/m);
    await completes(screen, "bottle start shell sour", /\$ bottle start shell sources\/ *$/m);
    await completes(screen, "bottle help BOTTLE_G", /\$ bottle help BOTTLE_GONE *$/m);
  });
}
