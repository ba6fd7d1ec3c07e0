import assert from "node:assert/strict";
import { test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import type { AgentRunRequest } from "../../../src/core/model/agent.ts";

const run: AgentRunRequest = {
  binary: { path: "/usr/lib/claude", version: "2.1.197", origin: "test" },
  workspace: "/workspace",
  home: "/home/agent",
  prompt: null,
  args: [],
  instructions: null,
};

test("row 137: the only host is the model's, and its bodies may name no provider-side tool", () => {
  assert.deepEqual([...new Set(claudeCode.rules.map((rule) => rule.host))], ["api.anthropic.com"]);
  for (const rule of claudeCode.rules) {
    assert.equal(rule.scheme, "https");
    assert.equal(rule.mode, "inspect");
    assert.equal(rule.websocket, false);
    assert.ok(rule.methods !== null && rule.paths !== null, `${rule.id} leaves nothing open`);
    assert.ok(
      rule.paths.every((path) => !path.includes("*")),
      `${rule.id} lists whole paths`,
    );
    if (rule.methods.includes("POST")) {
      assert.deepEqual(rule.body, { shape: "anthropic-messages", allowProviderTools: [] });
    }
  }
});

test("file, container and batch endpoints of the provider are not listed", () => {
  const paths = claudeCode.rules.flatMap((rule) => rule.paths ?? []);
  for (const path of ["/v1/files", "/v1/messages/batches", "/v1/skills", "/api/event_logging/v2/batch", "/api/hello"]) {
    assert.ok(!paths.includes(path), path);
  }
});

test("credentials: the environment before the login file, and exactly one slot reaches the provider", () => {
  const candidates = claudeCode.credentials("/home/me");
  assert.deepEqual(
    candidates.map(({ source }) => (source.kind === "env" ? source.variable : source.kind)),
    ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "json-file"],
  );
  for (const { scheme, drops, hosts, guestVariable } of candidates) {
    assert.deepEqual(hosts, ["api.anthropic.com"]);
    assert.equal(guestVariable, "CLAUDE_CODE_OAUTH_TOKEN");
    if (scheme.kind === "bearer") assert.deepEqual(drops, ["x-api-key"]);
    else assert.deepEqual([scheme, drops], [{ kind: "header", header: "x-api-key", prefix: "" }, ["authorization"]]);
  }
});

test("the login file is the operator's own, with its expiry", () => {
  const source = claudeCode.credentials("/home/me").at(-1)?.source;
  assert.ok(source?.kind === "json-file");
  assert.equal(source.path, "/home/me/.claude/.credentials.json");
  assert.deepEqual(source.expiryField, ["claudeAiOauth", "expiresAt"]);
  assert.match(source.expiredHint, /run `claude` once/);
});

test("the placeholder has the length and alphabet of a subscription token", () => {
  for (const { placeholderShape } of claudeCode.credentials("/home/me")) {
    assert.match(placeholderShape, /^sk-ant-oat01-x{93}AA$/);
    assert.equal(placeholderShape.length, 108);
  }
});

test("the program is one read-only file", () => {
  assert.deepEqual(claudeCode.mounts(run.binary), [{ host: "/usr/lib/claude", guest: "/opt/agent/claude" }]);
});

test("interactive: all permissions, the operator's arguments as they are", () => {
  const { argv, cwd } = claudeCode.command({ ...run, args: ["--model", "opus"] });
  assert.deepEqual(argv, ["/opt/agent/claude", "--dangerously-skip-permissions", "--model", "opus"]);
  assert.equal(cwd, "/workspace");
});

test("headless: neither a prompt nor instructions that begin with a dash become options", () => {
  const { argv } = claudeCode.command({
    ...run,
    prompt: "--version",
    instructions: "-x",
    args: ["--allowedTools", "Bash", "Edit"],
  });
  assert.deepEqual(argv.slice(-2), ["--", "--version"]);
  assert.ok(argv.includes("--append-system-prompt-file=/home/agent/.bot-bottle/prompt.md"));
  assert.ok(!argv.some((word) => word.includes("-x")), "instructions are not on the command line");
  assert.ok(argv.indexOf("-p") < argv.indexOf("--allowedTools"));
});

test("with supervise it is told of the MCP server in one word, before what the operator adds, and waits for it where it is headless", () => {
  const [without, told] = [undefined, true as const].map(
    (supervise) => claudeCode.command({ ...run, args: ["a"], supervise }).argv,
  );
  assert.ok(!without?.some((word) => word.includes("mcp")));
  assert.deepEqual(told?.slice(-2), ["--mcp-config=/run/bottle/supervise.json", "a"]);
  assert.deepEqual(claudeCode.superviseEnv?.(true), { MCP_CONNECTION_NONBLOCKING: "0" });
  assert.deepEqual(claudeCode.superviseEnv?.(false), {});
});

test("the seeded home answers every first-run question and holds no credential", () => {
  const files = claudeCode.files(run);
  const seed = JSON.parse(files.find(({ path }) => path === "/home/agent/.claude.json")?.text ?? "null");
  assert.equal(seed.hasCompletedOnboarding, true);
  assert.equal(seed.bypassPermissionsModeAccepted, true);
  assert.equal(seed.projects["/workspace"].hasTrustDialogAccepted, true);
  assert.ok(files.every(({ text, mode }) => !text.includes("sk-ant") && mode === 0o600));
});
