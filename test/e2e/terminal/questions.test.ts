import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("tmux", "script");

test("init asks on a terminal, shows what is typed, and writes what was answered; Ctrl-D and Ctrl-C write nothing", {
  skip,
}, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 120, 40);
  const file = join(operator.home, ".config/bot-bottle/bot-bottle.json");
  for (const [index, key] of ["C-d", "C-c"].entries()) {
    screen.type(`bottle init; echo code-$?-${index}`);
    await screen.shows(/Name of an agent to define/);
    screen.tmux("send-keys", key);
    await screen.shows(new RegExp(`^code-(?:2|130)-${index}$`, "m"));
    assert.equal(existsSync(file), false);
    screen.type("clear");
  }
  screen.type("bottle init; echo code-$?");
  await screen.shows(/Name of an agent to define .*:/);
  screen.type("My agent");
  await screen.shows(/a name has 1 to 41 lower-case letters[^\n]*\n+Name of an agent to define .*:/);
  screen.type("dev");
  await screen.shows(/Built-in agent .* claude, shell .*:/);
  screen.type("shel");
  await screen.shows(/there is: claude, shell\n+Built-in agent .*:/);
  screen.type("shell");
  await screen.shows(/Standing instructions .*:/);
  screen.type("Be brief.");
  await screen.shows(/Hosts to reach .*:/);
  screen.type("docs.example.com api.example.com:8443");
  await screen.shows(/^code-0$/m);
  const text = readFileSync(file, "utf8");
  for (const line of [/"provider": "shell"/, /"prompt": "Be brief\."/, /"docs\.example\.com" }/, /"port": 8443/])
    assert.match(text, line);
  screen.type("clear; bottle init; echo again-$?");
  await screen.shows(/bot-bottle\.json exists \[USAGE\][\s\S]*^again-2$/m);
  assert.equal(readFileSync(file, "utf8"), text);
});

test("trust asks nobody to agree to a file that says nothing beyond new agents", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 120, 40);
  writeFileSync(join(operator.workspace, "bot-bottle.json"), '{ "agents": { "dev": { "provider": "shell" } } }');
  screen.type("bottle trust; echo code-$?");
  await screen.shows(/nothing in it needs trust\n+code-0/);
  assert.equal(existsSync(join(operator.home, ".local/state/bot-bottle/trust")), false);
});

test("row 141: trust asks after all was shown; anything but yes changes nothing", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 120, 40);
  const manifest = { bottles: { ci: {} }, agents: { dev: { provider: "shell", bottle: "ci" } } };
  writeFileSync(join(operator.workspace, "bot-bottle.json"), JSON.stringify(manifest));
  const trust = join(operator.home, ".local/state/bot-bottle/trust");
  for (const [index, answer] of ["", "no", "yess"].entries()) {
    screen.type(`bottle trust; echo code-$?-${index}`);
    await screen.shows(/agents\.dev\.bottle = "ci"[\s\S]*Trust exactly these bytes of .*\[y\/N\]/);
    screen.type(answer);
    await screen.shows(new RegExp(`^code-3-${index}$`, "m"));
    assert.equal(existsSync(trust), false);
    screen.type(`clear; echo cleared-$((${index}))`);
    await screen.shows(new RegExp(`^cleared-${index}$`, "m"));
  }
  // What is trusted is what was shown, and not what lies there when the answer comes.
  screen.type("bottle trust; echo code-$?");
  await screen.shows(/Trust exactly these bytes/);
  writeFileSync(
    join(operator.workspace, "bot-bottle.json"),
    JSON.stringify({ ...manifest, bottles: { ci: { env: { A: "1" } } } }),
  );
  screen.type("y");
  await screen.shows(/^code-0$/m);
  assert.equal((await operator.bottle(["plan", "dev"])).code, 3);
  writeFileSync(join(operator.workspace, "bot-bottle.json"), JSON.stringify(manifest));
  assert.equal((await operator.bottle(["plan", "dev"])).code, 0);
});
