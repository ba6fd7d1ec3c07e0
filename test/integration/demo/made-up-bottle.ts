import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { ExecResult } from "../../../src/core/model/command.ts";
import type { DemoBottle } from "../../../src/demo/session-port.ts";
import type { Seen } from "../../../src/demo/stand-in.ts";

export const PLACEHOLDER = `sk-ant-oat01-${"placeholder".repeat(8)}`;
export const CREDENTIAL = `sk-ant-oat01-${"credential".repeat(9)}`;

export const done = (stdout: string, stderr = "", code = 0): ExecResult => ({
  code,
  stdout: Buffer.from(stdout),
  stderr: Buffer.from(stderr),
});

/** A bottle that says whatever a test wants it to say. */
export function madeUpBottle(change: Partial<DemoBottle>): DemoBottle {
  return {
    name: "claude-madeup",
    runFolder: "4194304-1-0123ab",
    agent: "made up",
    network: "none",
    placeholder: PLACEHOLDER,
    exec: async () => done(""),
    runAgent: async () => done(""),
    audit: async () => [],
    ...change,
  };
}

export const decision = (change: Partial<Extract<AuditEvent, { type: "decision" }>>): AuditEvent => ({
  type: "decision",
  id: "1",
  verdict: "allow",
  reason: "allowed",
  rule: null,
  policyVersion: 1,
  mode: "inspect",
  method: "POST",
  authority: "api.anthropic.com:443",
  target: "/v1/messages?beta=true",
  credentials: [],
  address: null,
  alert: false,
  detail: null,
  ...change,
});

/** A request of the agent that carries the result of the script's scene `number`. */
export const seenResult = (number: number, text: string, change: Partial<Seen> = {}): Seen => ({
  method: "POST",
  path: "/v1/messages?beta=true",
  authorization: `Bearer ${CREDENTIAL}`,
  apiKey: null,
  status: 200,
  problem: null,
  raw: "",
  request: {
    model: "m",
    stream: true,
    tools: ["Bash"],
    serverTools: [],
    messages: [{ role: "user", blocks: [{ type: "tool_result", toolUseId: `toolu_standin${number}`, text }] }],
  },
  ...change,
});
