import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MODEL_HOST, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const { BOT_BOTTLE_BACKEND: asked } = process.env;
const skip =
  skipWithout("bubblewrap", "perl", "claude", "git", "curl") ||
  (asked !== undefined && asked !== "bubblewrap" && `the page is of bubblewrap; BOT_BOTTLE_BACKEND is ${asked}`);
const PAGE = fileURLToPath(new URL("../../../docs/a-day.md", import.meta.url));
const TOKEN = `sk-ant-oat01-${"d".repeat(93)}AA`;

/** What the scripted model does; a FAKE of the API answers the real Claude Code. */
const SCENES = [
  {
    prompt: "make the test pass",
    command: `curl -sS -o /dev/null https://docs.example.com/guide 2>/dev/null
sed -i s/Helo/Hello/ greet.sh && sh test.sh && git commit -qam "greet: spell Hello" && echo committed`,
    answer: (result: string) =>
      result.includes("committed") ? "The greeting was misspelt. Fixed, the test passes, and it is committed." : result,
  },
  {
    prompt: "also greet everybody",
    command: `echo 'echo "Hello, everybody"' >> greet.sh && sh test.sh && echo done`,
    answer: (result: string) => (result.includes("done") ? "greet.sh greets everybody now." : result),
  },
];

/** One `$ command` of the page and the lines that follow it. */
interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

/** The steps of all console blocks, in order. */
function stepsOf(page: string): readonly Step[] {
  const steps: { command: string; expected: string[] }[] = [];
  for (const [, block = ""] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
    for (const line of block.trimEnd().split("\n")) {
      if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
      else steps.at(-1)?.expected.push(line);
    }
  }
  return steps;
}

/** `…` stands for anything on its line; a line of its own for any lines. */
function patternOf(expected: readonly string[]): RegExp {
  const lines = expected.map((line) =>
    line === "…"
      ? "(?:.*\\n)*?"
      : `${line
          .split("…")
          .map((part) => part.replace(/[.*+?^${"$"}{}()|[\]\\]/g, "\\$&"))
          .join(".*")}\\n`,
  );
  return new RegExp(`^${lines.join("")}$`);
}

function run(operator: Operator, bin: string, command: string): Promise<string> {
  const { words } = operator;
  writeFileSync(join(bin, "bottle"), `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  chmodSync(join(bin, "bottle"), 0o755);
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${command} 2>&1`], {
      cwd: operator.workspace,
      env: { ...operator.env, PATH: `${bin}:${operator.env.PATH}`, CLAUDE_CODE_OAUTH_TOKEN: TOKEN },
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    child.once("close", () => resolve(text));
  });
}

test("docs/a-day.md: every command does what the page says", { skip }, async () => {
  using operator = newOperator();
  const bin = join(operator.home, "bin");
  mkdirSync(bin);
  symlinkSync(claudeBinary() ?? "", join(bin, "claude"));
  const folder = mkdtempSync(join(tmpdir(), "day-"));
  const socketPath = join(folder, "api.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${TOKEN}`, scenes: SCENES });
  try {
    writeFileSync(join(folder, "ca.pem"), standIn.caPem);
    const dial = { unix: socketPath, ca: join(folder, "ca.pem") };
    const body = { shape: "anthropic-messages" };
    const rules = [{ host: MODEL_HOST, methods: ["POST"], paths: ["/v1/messages"], body, dial }];
    operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules } } } }));
    begin(operator);
    const seen: string[] = [];
    for (const { command, expected } of stepsOf(readFileSync(PAGE, "utf8"))) {
      const text = (await run(operator, bin, command))
        .replaceAll(operator.workspace, "~/src/greet")
        .replaceAll(operator.home, "~");
      seen.push(`$ ${command}\n${text}`);
      if (process.env.A_DAY_SHOW === undefined) assert.match(text, patternOf(expected), `$ ${command}`);
    }
    if (process.env.A_DAY_SHOW !== undefined) writeFileSync(process.env.A_DAY_SHOW, seen.join("\n"));
    assert.ok(seen.length >= 8, "the page has lost its steps");
    const messages = standIn.seen.filter(({ path }) => path.startsWith("/v1/messages"));
    for (const { problem } of messages) assert.equal(problem, null);
    assert.equal(existsSync(join(operator.home, ".local/state/bot-bottle/bottles/greet-fix")), false);
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
});

/** The repository of the page: a script with a slip, and a test that finds it. */
function begin({ home, workspace }: Operator): void {
  const identity = "[user]\n\tname = Robin\n\temail = robin@example.com\n[safe]\n\tdirectory = *\n";
  writeFileSync(join(home, ".gitconfig"), `${identity}[init]\n\tdefaultBranch = main\n`);
  rmSync(join(workspace, "README"));
  writeFileSync(join(workspace, "greet.sh"), 'echo "Helo, world"\n');
  writeFileSync(join(workspace, "test.sh"), 'sh greet.sh | grep -q "^Hello, world$"\n');
  const git = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
    const done = spawnSync("git", args, { cwd: workspace, env, encoding: "utf8" });
    assert.equal(done.status, 0, `git ${args.join(" ")}: ${done.stderr}`);
  };
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "greet the world");
}
