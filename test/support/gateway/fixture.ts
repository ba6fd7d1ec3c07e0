import { connect as connectTcp, createServer } from "node:net";
import type { TestContext } from "node:test";
import type { AskTerms, CredentialBinding, DenyRule, EgressRule, Policy } from "../../../src/core/model/policy.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import type { ConnectTarget } from "../../../src/gateway/destination.ts";
import { type Gateway, type GatewayStart, startGateway } from "../../../src/gateway/gateway.ts";
import { createMemoryAudit, type MemoryAudit } from "./memory-audit.ts";
import { listenOn, type Origin, originCa } from "./origin.ts";
import { openRaw, openTls, openTunnel, type RawClient } from "./raw-client.ts";

/** A public address: only ever a text, the stub dialler maps it to a loopback port. */
export const GOOD_ADDRESS = "93.184.215.14";
const OTHER_ADDRESS = "151.101.1.69";
export const HOST = "api.example.test";

export interface Fixture {
  readonly gateway: Gateway;
  /** As it was at the start. */
  readonly policy: Policy;
  readonly port: number;
  readonly audit: MemoryAudit;
  /** Names that were looked up. */
  readonly lookups: string[];
  /** `address:port` or socket path of everything that was dialled. */
  readonly dials: string[];
  readonly alerts: string[];
  /** Answers of the stub resolver; anything else fails. */
  readonly names: Map<string, readonly string[]>;
  /** Where the stub dialler really goes, by `address:port` or socket path; anything else fails. */
  readonly ways: Map<string, number>;
  raw(): Promise<RawClient>;
  /** CONNECT and TLS with the bottle's CA, ready for requests. */
  inside(host?: string, port?: number): Promise<RawClient>;
}

export interface FixtureOptions extends Partial<Omit<GatewayStart, "policy" | "listener" | "audit">> {
  readonly rules?: readonly Partial<EgressRule>[];
  readonly deny?: readonly DenyRule[];
  readonly ask?: AskTerms;
  readonly credentials?: readonly CredentialBinding[];
  readonly values?: Readonly<Record<string, string>>;
  /** What the policy says besides. */
  readonly policy?: Pick<Policy, "leaks" | "canaries" | "models">;
  /** Reached as api.example.test:443 and :80. */
  readonly origin?: Origin;
  /** Reached as evil.example.test:443 and :80, which no rule lists. */
  readonly evil?: Origin;
}

/** A rule that allows everything at api.example.test, with changes. */
function rule(changes: Partial<EgressRule> = {}): EgressRule {
  return {
    id: "test:0",
    source: "operator",
    host: HOST,
    port: 443,
    scheme: "https",
    mode: "inspect",
    methods: null,
    paths: null,
    body: null,
    websocket: false,
    maxRequestBytes: null,
    dial: null,
    ...changes,
  };
}

export function policyOf(
  rules: readonly Partial<EgressRule>[],
  credentials: readonly CredentialBinding[] = [],
  version = 1,
  deny: readonly DenyRule[] = [],
): Policy {
  return {
    version,
    rules: rules.map((changes, index) => rule({ id: `test:${index}`, ...changes })),
    deny,
    credentials,
  };
}

/** A bearer credential for api.example.test, with changes. */
export function credential(changes: Partial<CredentialBinding> = {}): CredentialBinding {
  return {
    name: "api",
    scheme: { kind: "bearer" },
    hosts: [HOST],
    placeholder: "sk-placeholder-0a1b2c3d4e5f6071",
    drops: ["x-api-key"],
    ...changes,
  };
}

export const SECRET = "sk-real-Zq8vN3wR7tY1uK5pX2mC";

/** Starts a gateway on loopback with stub resolver and dialler; all is closed after the test. */
export async function openGateway(t: TestContext, options: FixtureOptions = {}): Promise<Fixture> {
  const listener = createServer();
  const port = await listenOn(listener);
  const audit = createMemoryAudit();
  const lookups: string[] = [];
  const dials: string[] = [];
  const alerts: string[] = [];
  const names = new Map<string, readonly string[]>([
    [HOST, [GOOD_ADDRESS]],
    ["evil.example.test", [OTHER_ADDRESS]],
  ]);
  const ways = new Map<string, number>();
  for (const [address, origin] of [
    [GOOD_ADDRESS, options.origin],
    [OTHER_ADDRESS, options.evil],
  ] as const) {
    if (origin === undefined) continue;
    ways.set(`${address}:443`, origin.port);
    ways.set(`${address}:80`, origin.port);
  }
  const {
    rules = [{}],
    deny = [],
    ask,
    credentials = [],
    values = {},
    policy: more,
    origin: _o,
    evil: _e,
    ...start
  } = options;
  t.after(() => listener.close());
  const policy = { ...policyOf(rules, credentials, 1, deny), ...(ask === undefined ? {} : { ask }), ...more };
  const gateway = startGateway({
    bottle: "test",
    listener,
    policy,
    secrets: async (name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`no value for ${name}`);
      return new Secret(name, value);
    },
    ownAddresses: () => ["192.0.2.200"],
    audit,
    resolve: async (name) => {
      lookups.push(name);
      const found = names.get(name);
      if (found === undefined) throw new Error(`ENOTFOUND ${name}`);
      return found;
    },
    connect: (target: ConnectTarget) => {
      const where = target.kind === "unix" ? target.path : `${target.address}:${target.port}`;
      dials.push(where);
      // An unmapped target gets a port of loopback on which nothing listens.
      return connectTcp({ host: "127.0.0.1", port: ways.get(where) ?? 1, allowHalfOpen: true });
    },
    upstreamCaPem: originCa.caPem,
    onAlert: (text) => alerts.push(text),
    ...start,
  });
  const clients: RawClient[] = [];
  const kept = (client: RawClient) => {
    clients.push(client);
    return client;
  };
  t.after(async () => {
    for (const client of clients) client.end();
    await gateway.close();
    await options.origin?.close();
    await options.evil?.close();
  });
  return {
    gateway,
    policy,
    port,
    audit,
    lookups,
    dials,
    alerts,
    names,
    ways,
    raw: async () => kept(await openRaw(port)),
    inside: async (host = HOST, at = 443) => {
      const tunnel = kept(await openTunnel(port, `${host}:${at}`));
      return kept(await openTls(tunnel, { servername: host, ca: gateway.caPem, ALPNProtocols: ["http/1.1"] }));
    },
  };
}

/** Waits until `check` holds; rejects after `limitMs`. */
export async function eventually(check: () => boolean, limitMs = 30_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!check()) {
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
