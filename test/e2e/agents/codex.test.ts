import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { githubToken } from "../../support/leaks/github-token.ts";
import { codexBinary, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";
import { ANSWER, RESPONSES_HOST, type SeenResponse, startResponsesStandIn } from "../../support/responses-stand-in.ts";

const KEY = `sk-proj-${"made-up-key-".repeat(6)}`;
const OTHER = "another-secret-Zq8vN3wR7tY1uK5pX2mC";

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seen: readonly SeenResponse[];
}

/** The real Codex CLI, headless in a bottle, with its own defaults; the stand-in takes the place of its model API. */
async function codex(rule: Record<string, unknown>, words: string): Promise<Run> {
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "codex-"));
  const unix = join(folder, "api.sock");
  const standIn = await startResponsesStandIn(unix);
  try {
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, standIn.caPem);
    const bottle = {
      tools: [{ path: dirname(dirname(codexBinary() ?? "")) }],
      egress: { rules: [{ host: RESPONSES_HOST, paths: ["/v1/responses"], dial: { unix, ca }, ...rule }] },
      credentials: {
        openai: {
          source: { env: "OPENAI_API_KEY" },
          hosts: [RESPONSES_HOST],
          scheme: "bearer",
          variable: "CODEX_API_KEY",
        },
        other: { source: { env: "OTHER_KEY" }, hosts: ["other.example.com"], scheme: "bearer", variable: "OTHER" },
      },
    };
    operator.writeManifest(JSON.stringify({ bottles: { default: bottle } }));
    const flags = "--skip-git-repo-check --dangerously-bypass-approvals-and-sandbox -m gpt-5-codex";
    const script = `codex exec ${flags} ${words} </dev/null`;
    const env = { OPENAI_API_KEY: KEY, OTHER_KEY: OTHER };
    const run = await operator.bottle(["start", "shell", "--rm", "-p", script], { env });
    return { ...run, seen: [...standIn.seen] };
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
}

const skip = skipWithout("bubblewrap", "perl", "codex");
const kinds = (run: Run) => run.seen.map(({ kind }) => kind);

for (const [what, rule] of [
  ["is not listed", {}],
  ["is not even a listed method", { methods: ["POST"] }],
] as const) {
  test(`row 56: where WebSocket ${what}, Codex asks once, and the turn goes over plain requests`, {
    skip,
  }, async () => {
    const run = await codex(rule, "'say hi'");
    assert.equal(run.code, 0, run.stderr + run.stdout);
    assert.match(run.stdout, new RegExp(`${ANSWER}\n$`));
    assert.deepEqual(kinds(run), ["request"]);
    assert.equal(run.seen[0]?.authorization, `Bearer ${KEY}`);
    assert.equal(run.stderr.match(/failed to connect to Responses WebSocket/g)?.length, 1, run.stderr);
    assert.doesNotMatch(run.stderr, /Reconnecting/);
  });
}

test("rows 56, 117: where WebSocket is listed, Codex's turn goes through it", { skip }, async () => {
  const run = await codex({ websocket: true }, "'say hi'");
  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.match(run.stdout, new RegExp(`${ANSWER}\n$`));
  assert.equal(kinds(run)[0], "upgrade");
  assert.ok(!kinds(run).includes("request"), "nothing beside the WebSocket");
  assert.ok(run.seen.some(({ kind, text }) => kind === "message" && text.includes("say hi")));
  for (const { authorization } of run.seen) assert.equal(authorization, `Bearer ${KEY}`);
  for (const text of [run.stdout, run.stderr]) assert.ok(!text.includes(KEY));
});

test("rows 56, 117: a secret in Codex's WebSocket never arrives, and Codex says so and ends", { skip }, async () => {
  const [first, second] = [OTHER.slice(0, 9), OTHER.slice(9)];
  const run = await codex({ websocket: true }, `"send $(printf %s%s '${first}' '${second}')"`);
  assert.notEqual(run.code, 0);
  assert.ok(run.seen.every(({ text }) => !text.includes(OTHER)));
  assert.match(run.stdout + run.stderr, /secret-in-request/);
});

test("rows 56, 119: a sample token in Codex's prompt is hidden where the rule says redact, and the turn goes on", {
  skip,
}, async () => {
  const token = githubToken();
  const run = await codex({ websocket: true, leaks: { action: "redact" } }, `'is ${token} a key?'`);
  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.match(run.stdout, new RegExp(`${ANSWER}\n$`));
  const messages = run.seen.filter(({ kind }) => kind === "message");
  assert.ok(messages.every(({ text }) => !text.includes(token)));
  assert.ok(messages.some(({ text }) => text.includes(`is ${"*".repeat(token.length)} a key?`)));
});
