import type { AgentProvider } from "../../src/core/model/agent.ts";
import type { EgressRule } from "../../src/core/model/policy.ts";
import type { AgentRack } from "../../src/core/plan/selection.ts";

/** A rule of an agent, with what a test changes. */
function agentRule(change: Partial<EgressRule> = {}): EgressRule {
  return {
    id: "agent:model",
    source: "agent",
    host: "model.example.com",
    port: 443,
    scheme: "https",
    mode: "inspect",
    methods: ["POST"],
    paths: ["/v1/messages"],
    body: { shape: "anthropic-messages", allowProviderTools: [] },
    websocket: false,
    maxRequestBytes: null,
    dial: null,
    ...change,
  };
}

/** An agent with two credentials of which a host may have one. */
export const testProvider: AgentProvider = {
  name: "test-agent",
  title: "Test Agent",
  program: null,
  credentials: (home) => [
    {
      name: "test-token",
      source: { kind: "env", variable: "TEST_TOKEN" },
      scheme: { kind: "bearer" },
      hosts: ["model.example.com"],
      drops: ["x-api-key"],
      guestVariable: "AGENT_TOKEN",
      placeholderShape: `tok-${"x".repeat(40)}`,
    },
    {
      name: "test-login",
      source: {
        kind: "json-file",
        path: `${home}/.test/login.json`,
        field: ["token"],
        expiryField: ["expires"],
        expiredHint: "log in",
      },
      scheme: { kind: "bearer" },
      hosts: ["model.example.com"],
      drops: ["x-api-key"],
      guestVariable: "AGENT_TOKEN",
      placeholderShape: `tok-${"x".repeat(40)}`,
    },
  ],
  rules: [agentRule()],
  env: { AGENT_QUIET: "1" },
  mounts: (binary) => [{ host: binary.path, guest: "/opt/agent/test" }],
  command: (run) => ({ argv: ["/opt/agent/test", ...(run.prompt === null ? [] : ["-p", run.prompt]), ...run.args] }),
  files: (run) => [{ path: `${run.home}/.test`, mode: 0o600, text: run.instructions ?? "" }],
};

/** An agent that needs nothing. */
export const plainProvider: AgentProvider = {
  ...testProvider,
  name: "plain",
  title: "Plain",
  credentials: () => [],
  rules: [],
  env: {},
  mounts: () => [],
};

export const testRack: AgentRack = { test: testProvider, plain: plainProvider };
