import type {
  AgentBinary,
  AgentProgram,
  AgentProvider,
  AgentRunRequest,
  CredentialCandidate,
} from "../core/model/agent.ts";
import type { Command } from "../core/model/command.ts";
import type { Mount, ProvisionFile } from "../core/model/plan.ts";
import type { EgressRule } from "../core/model/policy.ts";
import { fieldsOf } from "../core/plan/fields.ts";
import { HOOKS_CONFIG, promptPath } from "../core/plan/guest.ts";
import { SUPERVISE_CONFIG } from "../core/plan/supervise.ts";
import { hookSettings } from "./claude-code/hooks.ts";
import { ownConfig, SETTINGS, SKILLS, STATE, watched } from "./claude-code/own-config.ts";

const MODEL_HOST = "api.anthropic.com";

/** Read from the registry's metadata and checked against the packed files. */
const program: AgentProgram = {
  hostName: "claude",
  npmPackage: "@anthropic-ai/claude-code",
  npmVersion: "2.1.197",
  npmPlatforms: {
    x64: {
      package: "@anthropic-ai/claude-code-linux-x64",
      sha512: "rIlKmrY0QMyHgPRX/MYWNj039vbypICvI9jVe3rs9Xy2RnNklySjyPxqh62QadznzoftEO23uYQ1tFePcQ//bg==",
      file: "claude",
    },
    arm64: {
      package: "@anthropic-ai/claude-code-linux-arm64",
      sha512: "sx6SoGj3MNR5CV+YDkNtbLHXa1tn3G8qcYFgm1gnvOi9ODQUKbhiPfankJfkTMDVekOvnKJhm6i9hGFIPzp7cQ==",
      file: "claude",
    },
  },
};

/** Where the program is shown in the bottle: one read-only file, outside every agent-writable folder. */
const GUEST_PROGRAM = "/opt/agent/claude";

/** As long and of the same alphabet as a subscription token, so that the agent believes it is logged in. */
const PLACEHOLDER_SHAPE = `sk-ant-oat01-${"x".repeat(93)}AA`;

/**
 * The bottle sees the placeholder in this variable whatever the host holds: unlike an API key it makes
 * the agent ask nothing at its first start.
 */
const GUEST_VARIABLE = "CLAUDE_CODE_OAUTH_TOKEN";

const candidate = (
  name: string,
  source: CredentialCandidate["source"],
  scheme: CredentialCandidate["scheme"],
): CredentialCandidate => ({
  name,
  source,
  scheme,
  hosts: [MODEL_HOST],
  // Exactly one of the two slots may reach the provider: the other would still carry the placeholder.
  drops: scheme.kind === "bearer" ? ["x-api-key"] : ["authorization"],
  guestVariable: GUEST_VARIABLE,
  placeholderShape: PLACEHOLDER_SHAPE,
});

const credentials = (hostHome: string): readonly CredentialCandidate[] => [
  candidate("claude-oauth-token", { kind: "env", variable: "CLAUDE_CODE_OAUTH_TOKEN" }, { kind: "bearer" }),
  candidate(
    "anthropic-api-key",
    { kind: "env", variable: "ANTHROPIC_API_KEY" },
    { kind: "header", header: "x-api-key", prefix: "" },
  ),
  candidate("anthropic-auth-token", { kind: "env", variable: "ANTHROPIC_AUTH_TOKEN" }, { kind: "bearer" }),
  candidate(
    "claude-login",
    {
      kind: "json-file",
      path: `${hostHome}/.claude/.credentials.json`,
      field: ["claudeAiOauth", "accessToken"],
      expiryField: ["claudeAiOauth", "expiresAt"],
      expiredHint: "run `claude` once on this machine to renew your login",
    },
    { kind: "bearer" },
  ),
];

const rule = (name: string, methods: readonly string[], paths: readonly string[], body: EgressRule["body"]) =>
  ({
    id: `agent:${name}`,
    source: "agent",
    host: MODEL_HOST,
    port: 443,
    scheme: "https",
    mode: "inspect",
    methods,
    paths,
    body,
    websocket: false,
    maxRequestBytes: null,
    dial: null,
    // An agent quotes what it reads, sample keys too, in every request from then on.
    leaks: { action: "redact", opaque: null },
  }) as const satisfies EgressRule;

/**
 * What a turn needs and nothing else. Telemetry, feature flags, update checks and the plug-in index are
 * answered with 403 and the agent works all the same. Provider-side tools, MCP servers and URL sources
 * in a body are refused, since through them the provider would fetch any URL (attack row 137).
 */
const rules: readonly EgressRule[] = [
  rule("claude-messages", ["POST"], ["/v1/messages", "/v1/messages/count_tokens"], {
    shape: "anthropic-messages",
    allowProviderTools: [],
  }),
  rule("claude-settings", ["GET"], ["/api/claude_code/settings", "/api/claude_code/policy_limits"], null),
];

const env = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_TELEMETRY: "1",
  DISABLE_ERROR_REPORTING: "1",
  // The program lives at a place of ours; the advice to repair ~/.local/bin would be wrong here.
  DISABLE_INSTALLATION_CHECKS: "1",
  // Else every interactive start asks for two hosts that are not listed.
  CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
} as const;

const mounts = (binary: AgentBinary): readonly Mount[] => [{ host: binary.path, guest: GUEST_PROGRAM }];

/** The agent runs with all permissions: the bottle, not a question, is what holds it. */
function command(run: AgentRunRequest): Command {
  const argv = [GUEST_PROGRAM, "--dangerously-skip-permissions"];
  // A file, since arguments can be read by every process in the bottle and have a limit of length.
  if (run.instructions !== null) argv.push(`--append-system-prompt-file=${promptPath(run.home)}`);
  // One argument: the option takes as many files as follow it.
  if (run.supervise === true) argv.push(`--mcp-config=${SUPERVISE_CONFIG}`);
  // Before the operator's own arguments: of two, the last one counts.
  if (run.hooks === true) argv.push(`--settings=${HOOKS_CONFIG}`);
  if (run.again === true) argv.push("--continue");
  // `--` keeps a prompt that begins with a dash from being read as an option.
  if (run.prompt === null) return { argv: [...argv, ...run.args], cwd: run.workspace };
  return { argv: [...argv, "-p", ...run.args, "--", run.prompt], cwd: run.workspace };
}

/**
 * Answers to the first-run questions: onboarding, trust in the folder, the warning about skipped permissions; with them
 * what came in of the operator's own settings, which replaces no answer.
 */
const files = (run: AgentRunRequest): readonly ProvisionFile[] => [
  {
    path: `${run.home}/${STATE}`,
    mode: 0o600,
    text: json({
      ...(run.own?.mcpServers === undefined ? {} : { mcpServers: run.own.mcpServers }),
      hasCompletedOnboarding: true,
      bypassPermissionsModeAccepted: true,
      projects: { [run.workspace]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
    }),
  },
  {
    path: `${run.home}/${SETTINGS}`,
    mode: 0o600,
    text: json({ ...fieldsOf(run.own?.settings), skipDangerousModePermissionPrompt: true }),
  },
];

/** A conversation is a file below a folder that is named after the folder in which it was held. */
const found = (run: AgentRunRequest): Command => ({
  argv: [
    "/bin/sh",
    "-c",
    'set -- "$HOME"/.claude/projects/"$1"/*.jsonl; [ -s "$1" ]',
    "found",
    run.workspace.replace(/[^A-Za-z0-9]/g, "-"),
  ],
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/**
 * Claude Code. Variables, paths and first-run questions were measured with version 2.1.197; the tests in
 * test/integration/agents run the real program against a stand-in.
 */
export const claudeCode: AgentProvider = {
  name: "claude-code",
  title: "Claude Code",
  program,
  credentials,
  rules,
  env,
  mounts,
  command,
  // Without a person there is no second turn for tools that come late.
  superviseEnv: (headless) => (headless ? { MCP_CONNECTION_NONBLOCKING: "0" } : {}),
  hookSettings,
  resume: { found },
  files,
  skillsFolder: SKILLS,
  ownConfig,
  watched,
};
