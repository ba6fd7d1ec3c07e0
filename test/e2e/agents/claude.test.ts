import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MODEL_HOST, type StandIn, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "claude");
const KEY = "sk-ant-api03-made-up-key-for-this-test-0123456789";
const SCENES = [
  {
    prompt: "make a file",
    command: "echo from-the-agent > made.txt && id -un && stty size 2>/dev/null; echo $ANTHROPIC_API_KEY",
    answer: (result: string) => `all done: ${result.split("\n")[0] ?? ""}`,
  },
];

/** The real Claude Code with an operator's manifest that leads the model host to the stand-in (a FAKE of the API). */
async function withStandIn(
  use: (operator: Operator, standIn: StandIn, key: Record<string, string>) => Promise<void>,
): Promise<void> {
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
  const socketPath = join(folder, "api.sock");
  // The stand-in takes exactly this header for genuine.
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${KEY}`, scenes: SCENES });
  try {
    writeFileSync(join(folder, "ca.pem"), standIn.caPem);
    operator.writeManifest(
      JSON.stringify({
        bottles: {
          default: {
            egress: {
              rules: [
                {
                  host: MODEL_HOST,
                  paths: ["/v1/*", "/api/*"],
                  dial: { unix: socketPath, ca: join(folder, "ca.pem") },
                },
              ],
            },
          },
        },
        agents: { claude: { command: claudeBinary() ?? "" } },
      }),
    );
    await use(operator, standIn, { CLAUDE_CODE_OAUTH_TOKEN: KEY });
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
}

test("a whole headless turn: Bash tool call, file in the workspace, final text; the real key only outside", {
  skip,
}, async () => {
  await withStandIn(async (operator, standIn, env) => {
    const run = await operator.bottle(["start", "claude", "--name", "turn", "-p", "please make a file"], { env });
    assert.equal(run.code, 0, run.stderr + run.stdout);
    assert.match(run.stdout, /all done: agent/);
    const file = join(operator.home, ".local/state/bot-bottle/bottles/turn/workspace/made.txt");
    assert.equal(readFileSync(file, "utf8"), "from-the-agent\n");
    const messages = standIn.seen.filter((seen) => seen.path.startsWith("/v1/messages"));
    assert.ok(messages.length >= 2);
    for (const seen of messages) assert.equal(seen.problem, null);
    for (const seen of standIn.seen) assert.equal(seen.authorization, `Bearer ${KEY}`);
    assert.ok(!run.stdout.includes(KEY) && !run.stderr.includes(KEY));
    const audit = await operator.bottle(["audit", "turn"]);
    assert.match(audit.stdout, /POST api\.anthropic\.com:443\/v1\/messages/);
    assert.ok(!audit.stdout.includes(KEY));
    assert.equal((await operator.bottle(["rm", "turn"])).code, 0);
  });
});

test("the TUI: drawn at the right size from the first frame, redrawn after a resize, a turn typed and answered", {
  skip: skip || skipWithout("tmux", "script"),
}, async () => {
  await withStandIn(async (operator, _standIn, env) => {
    for (const [columns, rows] of [
      [120, 40],
      [80, 24],
    ] as const) {
      using screen = openScreen(operator, columns, rows, env);
      screen.type("bottle start claude --rm; echo code-$?");
      await screen.shows(/bypass permissions on/);
      const width = Math.max(
        ...screen
          .text()
          .split("\n")
          .map((line) => line.length),
      );
      assert.ok(width > columns - 10 && width <= columns, `drawn ${width} wide on ${columns}`);
      screen.tmux("resize-window", "-x", String(columns - 20), "-y", String(rows));
      await screen.shows(new RegExp(`^─{${columns - 20}}\\n❯`, "m"));
      // It suspends itself, and there is no shell that could bring it back.
      screen.tmux("send-keys", "C-z");
      await screen.shows(new RegExp(`has been suspended[^]*^─{${columns - 20}}\\n❯`, "m"));
      screen.type("please make a file");
      await screen.shows(/all done: agent/);
      screen.tmux("send-keys", "C-c");
      screen.tmux("send-keys", "C-c");
      await screen.shows(/^code-\d+$/m);
    }
  });
});
