/**
 * Watches the newest Claude Code of this machine for drift from what the agent rack was measured with: flags, files,
 * variables, hosts and request fields. Run by `npm test -- canaries`; never part of the default run, since what it finds is
 * news from outside and no fault of a change. BOT_BOTTLE_CLAUDE names another program.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { claudeCode } from "../../src/agents/claude-code.ts";
import { judgeBody } from "../../src/core/policy/bodies.ts";
import { MODEL_HOST } from "../../src/demo/stand-in.ts";
import { runRelayed } from "../../src/host/relay.ts";
import { type ClaudeWorld, claudeWorld, SCENE } from "../support/claude-world.ts";
import { claudeBinary, programPath, skipWithout } from "../support/needs.ts";
import { eventually } from "../support/operator.ts";

const named = process.env.BOT_BOTTLE_CLAUDE || programPath("claude");
const program = named ?? claudeBinary() ?? "";
const skip = program === "" ? skipWithout("claude") : false;

async function world(context: TestContext, files = true): Promise<ClaudeWorld> {
  const made = await claudeWorld(program, files);
  context.after(() => made.close());
  return made;
}

/** A whole headless turn; its stdout. */
async function turn(here: ClaudeWorld): Promise<string> {
  let stdout = "";
  let stderr = "";
  const out = (use: (text: string) => void) => ({
    to: process.stderr,
    each: (piece: Buffer) => {
      use(piece.toString());
      return "";
    },
    readerGone: "drop" as const,
  });
  const [first = "", ...rest] = here.argv(SCENE.prompt);
  const argv = ["/usr/bin/env", "-C", here.workspace, first, ...rest];
  const streams = {
    stdin: null,
    stdout: out((text) => {
      stdout += text;
    }),
    stderr: out((text) => {
      stderr += text;
    }),
  };
  const code = await runRelayed({ argv, env: here.env }, streams, (child) => {
    setTimeout(() => child.kill("SIGKILL"), 90_000).unref();
  });
  assert.equal(code, 0, stderr);
  return stdout;
}

test("which version this is, and which one the rack was measured with", { skip }, (context) => {
  const told = spawnSync(program, ["--version"], { encoding: "utf8", timeout: 30_000, env: { HOME: tmpdir() } });
  assert.equal(told.status, 0, told.stderr);
  const version = /^\d+\.\d+\.\d+/.exec(told.stdout)?.[0];
  context.diagnostic(`${program} is ${version}; pinned and measured: ${claudeCode.program?.npmVersion}`);
  assert.ok(version, `no version in ${told.stdout}`);
});

test("every flag that we pass is still in its help", { skip }, async (context) => {
  const here = await world(context);
  const help = spawnSync(program, ["--help"], { encoding: "utf8", timeout: 30_000, env: here.env }).stdout;
  const flags = new Set(
    [null, "x"].flatMap((prompt) => here.argv(prompt).flatMap((word) => /^-{1,2}[a-z][a-z-]*/.exec(word)?.[0] ?? [])),
  );
  assert.ok(flags.has("-p") && flags.has("--dangerously-skip-permissions"), [...flags].join());
  // Its help writes two flags as one: --name[-file].
  const gone = [...flags].filter((flag) => {
    const written = flag.endsWith("-file") ? [flag, flag.replace(/-file$/, "[-file]")] : [flag];
    return !written.some((word) => help.split(/[\s,]+/).includes(word));
  });
  assert.deepEqual(gone, [], "flags that the help no longer names");
});

test("every variable that we set is still known to the program", { skip }, () => {
  const bytes = readFileSync(program);
  const names = [...Object.keys(claudeCode.env), "CLAUDE_CODE_OAUTH_TOKEN", "NODE_EXTRA_CA_CERTS", "IS_SANDBOX"];
  const keys = ["hasCompletedOnboarding", "bypassPermissionsModeAccepted", "hasTrustDialogAccepted"];
  const settings = ["skipDangerousModePermissionPrompt"];
  const gone = [...names, ...keys, ...settings].filter((name) => !bytes.includes(name));
  assert.deepEqual(gone, [], "names that stand nowhere in the program");
});

test("a turn: the token goes where it went, one host is asked, paths and bodies fit the rules", {
  skip,
}, async (context) => {
  const here = await world(context);
  assert.equal(await turn(here), "it says made\n");
  assert.deepEqual([...new Set(here.asked)], [`${MODEL_HOST}:443`], "hosts that it asks for");
  const listed = claudeCode.rules.flatMap(({ methods, paths }) =>
    (methods ?? []).flatMap((method) => (paths ?? []).map((path) => `${method} ${path}`)),
  );
  const shape = claudeCode.rules.find(({ body }) => body !== null)?.body;
  assert.ok(shape);
  const news: string[] = [];
  let bodies = 0;
  for (const { method, path, authorization, apiKey, raw } of here.seen) {
    const [own = ""] = path.split("?");
    if (!listed.includes(`${method} ${own}`)) news.push(`asks for ${method} ${own}`);
    if (method !== "POST") continue;
    bodies += 1;
    assert.deepEqual([authorization, apiKey], [`Bearer ${here.token}`, null]);
    const bytes = Buffer.from(raw.slice(raw.indexOf("\n\n") + 2));
    const wrong = judgeBody(shape, {
      method,
      path: own,
      contentType: "application/json",
      contentEncoding: null,
      bytes,
    });
    if (wrong !== null) news.push(`a body that the rule refuses: ${wrong.detail}`);
    context.diagnostic(`top-level fields: ${Object.keys(JSON.parse(bytes.toString())).join(", ")}`);
  }
  assert.deepEqual(news, []);
  assert.ok(bodies > 0, "no request with a body was seen");
});

test("the first screen is the prompt with the rack's files, and a question without them", {
  skip: skip || skipWithout("tmux"),
}, async (context) => {
  for (const files of [true, false]) {
    const here = await world(context, files);
    const folder = mkdtempSync(join(tmpdir(), "canary-"));
    chmodSync(folder, 0o700);
    const env = { HOME: here.home, PATH: process.env.PATH ?? "/usr/bin:/bin", TERM: "xterm-256color", LANG: "C.UTF-8" };
    const tmux = (...args: string[]) =>
      spawnSync("tmux", ["-S", join(folder, "s"), "-f", "/dev/null", ...args], { encoding: "utf8", env }).stdout;
    const variables = Object.entries(here.env).map(([name, value]) => `${name}=${value}`);
    const words = ["env", "-i", ...variables, ...here.argv(null)];
    try {
      tmux("new-session", "-d", "-x", "100", "-y", "40", "-c", here.workspace, ...words);
      const prompt = /^─+\n❯/m;
      const question =
        /Choose the|trust|Yes, I accept|Select login|Let's get started|Press Enter to continue|Unable to connect/i;
      const screen = await eventually("its first screen", () => {
        const shown = tmux("capture-pane", "-p");
        return prompt.test(shown) || question.test(shown) ? shown : null;
      });
      assert.equal(prompt.test(screen) && !question.test(screen), files, screen);
    } finally {
      tmux("kill-server");
      rmSync(folder, { recursive: true, force: true });
    }
  }
});
