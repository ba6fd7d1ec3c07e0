import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "tmux", "script");
const PAGE = fileURLToPath(new URL("../../../docs/sessions.md", import.meta.url));
const BLOCK = /^```console\n(.*?)^```$/gms;

/** What is done for one screen of the page. */
interface Step {
  /** Typed at an empty prompt; absent: what was there before goes on. */
  readonly line?: (operator: Operator) => string;
  /** Shown before the rest is done. */
  readonly after?: RegExp;
  readonly keys?: readonly string[];
  /** The screen is taken once it shows this. */
  readonly shows: RegExp;
}

const PROMPT = /\n\$ *\n*$/;
const attached = (word: string, before: RegExp, shows: RegExp): Step => ({
  line: () => "bottle attach night",
  after: before,
  keys: [word, "Enter"],
  shows,
});
const asked = (...lines: readonly string[]): Step => ({ line: () => lines.join("; "), shows: PROMPT });

const STEPS: readonly Step[] = [
  asked("bottle start shell -d --name night -- agent.sh"),
  attached("apple", /I have 0 words/, /noted, 1 now/),
  { keys: ["C-]", "d"], shows: PROMPT },
  { line: (operator) => `kill -KILL ${hostOf(operator)}; bottle ls`, shows: PROMPT },
  asked("bottle wait night", "echo code $?"),
  asked("bottle recover night"),
  attached("pear", /I have 1 words/, /noted, 2 now/),
  { keys: ["done", "Enter"], shows: PROMPT },
  asked("bottle wait night", "bottle ls"),
  asked("bottle resume -d night"),
  attached("plum", /I have 2 words/, /noted, 3 now/),
];

/** The host process of the bottle. */
function hostOf(operator: Operator): number {
  const record = join(operator.home, ".local/state/bot-bottle/bottles/night/record.json");
  return (JSON.parse(readFileSync(record, "utf8")) as { host: { pid: number } }).host.pid;
}

/** A screen without what differs from run to run, or from machine to machine: notes on limits, in lines of the screen. */
function steady(screen: string, operator: Operator): string {
  const text = screen
    .replace(/^bottle: note: .*\n(?:(?!bottle: |night|\$).*\n)*/gm, "")
    .replaceAll(operator.workspace, "~/src/words")
    .replace(/(kill -KILL )\d+/g, "$1…")
    .replace(/^(night +shell .* )\d+[sm] +(?=~)/gm, "$1…    ");
  return `${text
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim()}\n`;
}

test("docs/sessions.md: start -d, attach, kill -9, recover, resume show what the page shows", { skip }, async () => {
  using operator = newOperator();
  using screen = openScreen(operator, 100, 14, { BOT_BOTTLE_BACKEND: "bubblewrap" });
  const page = readFileSync(PAGE, "utf8");
  const script = /^```sh\n# agent\.sh\n(.*?)^```$/ms.exec(page)?.[1];
  assert.ok(script !== undefined, "the page has lost its agent");
  writeFileSync(join(operator.workspace, "agent.sh"), script);
  rmSync(join(operator.workspace, "README"));
  const taken: string[] = [];
  for (const { line, after, keys = [], shows } of STEPS) {
    if (line !== undefined) {
      screen.type("clear");
      await screen.shows(/^\$ *\n*$/);
      screen.type(line(operator));
    }
    if (after !== undefined) await screen.shows(after);
    for (const key of keys) screen.tmux("send-keys", key);
    taken.push(steady(await screen.shows(shows), operator));
  }
  assert.equal((await operator.bottle(["rm", "--force", "night"])).code, 0);
  if (process.env.BOT_BOTTLE_RECORD === "1") {
    const screens = [...taken];
    writeFileSync(
      PAGE,
      page.replace(BLOCK, () => `\`\`\`console\n${screens.shift() ?? ""}\`\`\``),
    );
    assert.deepEqual(screens, [], "the page has fewer screens than there are steps");
    return;
  }
  assert.deepEqual(
    [...page.matchAll(BLOCK)].map(([, shown]) => shown),
    taken,
  );
});
