import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { AgentWord } from "../../../src/core/model/activity.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import type { DenyRule, EgressRule, Policy } from "../../../src/core/model/policy.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import type { Gateway } from "../../../src/gateway/gateway.ts";
import { Cleanup } from "../../../src/host/cleanup.ts";
import { type Asking, openAsking } from "../../../src/session/asking.ts";
import { type ServicesHere, serviceWays } from "../../../src/session/service-ways.ts";
import { type BottleSupervise, openSupervise } from "../../../src/session/supervise.ts";
import { policyOf } from "../gateway/fixture.ts";
import { createMemoryAudit, type MemoryAudit } from "../gateway/memory-audit.ts";
import { listenOn } from "../gateway/origin.ts";
import { type TestClock, testClock } from "./clock.ts";

/** What a tool said. */
export interface Said {
  readonly failed: boolean;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A bottle's listener with supervise and its host process's side, asked by the SDK's own client. */
export interface SuperviseWorld {
  readonly port: number;
  readonly url: string;
  readonly policy: Policy;
  readonly proposals: string;
  readonly asking: Asking;
  readonly supervise: BottleSupervise;
  readonly audit: MemoryAudit;
  readonly clock: TestClock;
  readonly said: string[];
  readonly words: AgentWord[];
  call(name: string, args?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Said>;
  readonly client: Client;
}

export interface SuperviseOptions {
  readonly rules?: readonly Partial<EgressRule>[];
  readonly deny?: readonly DenyRule[];
  readonly plan?: Partial<BottlePlan>;
  readonly secret?: string;
}

export async function openSuperviseWorld(t: TestContext, options: SuperviseOptions = {}): Promise<SuperviseWorld> {
  const folder = mkdtempSync(join(tmpdir(), "supervise-"));
  const policy = policyOf(options.rules ?? [{ paths: ["/listed"] }], [], 1, options.deny ?? []);
  const [said, words]: [string[], AgentWord[]] = [[], []];
  const audit = createMemoryAudit();
  const clock = testClock();
  const cleanup = new Cleanup();
  const proposals = join(folder, "proposals");
  const asking = await openAsking({
    bottle: "one",
    policy,
    paths: { proposals, policy: join(folder, "policy.json") },
    uid: process.getuid?.() ?? 0,
    say: (line) => said.push(line),
    announce: true,
  });
  const known = options.secret === undefined ? [] : [new Secret("of-the-operator", options.secret)];
  const plan = {
    repositories: [],
    credentials: [],
    agent: { provider: "shell" },
    ...options.plan,
  } as unknown as BottlePlan;
  const supervise = openSupervise({
    ...{ plan, policy, desk: asking.desk, secrets: { known: () => [] }, known, audit, clock },
    onStatus: (word) => words.push(word),
  });
  const listener = createServer();
  const port = await listenOn(listener);
  let here: ServicesHere | null = null;
  const start = {
    ...{ bottle: "one", policy, audit, desk: asking.desk, ownAddresses: () => [] },
    secrets: () => Promise.reject(new Error("none")),
  };
  const onHere = (services: ServicesHere) => {
    here = services;
  };
  await serviceWays({ start, gate: null, supervise, questions: asking, hostRootsPem: "", cleanup, onHere }).here(
    listener,
  );
  const url = `http://127.0.0.1:${port}/mcp`;
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Transport);
  t.after(async () => {
    await client.close();
    supervise.close();
    await (here as Pick<Gateway, "close"> | null)?.close();
    await asking.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...{ port, url, policy, proposals, asking, supervise, audit, clock, said, words, client },
    call: async (name, args = {}, signal) => {
      const answer = await client.callTool(
        { name, arguments: args },
        undefined,
        signal === undefined ? {} : { signal },
      );
      const [content] = answer.content as readonly { readonly type: string; readonly text: string }[];
      return { failed: answer.isError === true, value: JSON.parse(content?.text ?? "null") };
    },
  };
}
