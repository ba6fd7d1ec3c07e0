import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { CredentialBinding, EgressRule, Policy } from "../../../src/core/model/policy.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { type Asking, openAsking } from "../../../src/session/asking.ts";
import { type RemoteServices, startRemoteServices } from "../../../src/session/remote-services.ts";
import type { RemoteStart } from "../../../src/session/remote-start.ts";
import { type AuditLog, openAudit } from "../../../src/state/audit.ts";
import { HOST, policyOf } from "../gateway/fixture.ts";
import { type Origin, openOrigin, originCa } from "../gateway/origin.ts";
import { openRaw, openTls, openTunnel, type RawClient } from "../gateway/raw-client.ts";
import { type LocalPlace, openPlace } from "./place.ts";

/** A host process's side with real files, a real sidecar process, and an origin on loopback. */
export interface SidecarWorld {
  readonly services: RemoteServices;
  readonly place: LocalPlace;
  readonly asking: Asking;
  readonly origin: Origin;
  readonly policy: Policy;
  readonly folder: string;
  readonly alerts: string[];
  /** Values of credentials by name; what is not there cannot be read. */
  readonly values: Map<string, string>;
  /** Appends reject while true. */
  readonly disk: { full: boolean };
  audit(): readonly AuditEvent[];
  raw(): Promise<RawClient>;
  /** CONNECT and TLS with the bottle's CA. */
  inside(): Promise<RawClient>;
}

export interface WorldOptions {
  readonly rules?: readonly Partial<EgressRule>[];
  readonly credentials?: readonly CredentialBinding[];
  readonly values?: Readonly<Record<string, string>>;
  readonly known?: readonly Secret[];
  readonly services?: string;
  readonly place?: LocalPlace;
  /** What the policy says of models. */
  readonly models?: Policy["models"];
  /** Answers of the origin. */
  readonly respond?: RequestListener;
  /** Services of the host process, by first path segment. */
  readonly handlers?: RemoteStart["services"];
}

/** A rule for the origin, reached by its literal address: a sidecar of its own looks names up for real. */
function ruleFor(origin: Origin, changes: Partial<EgressRule> = {}): Partial<EgressRule> {
  return { dial: { kind: "tcp", address: "127.0.0.1", port: origin.port, caPem: originCa.caPem }, ...changes };
}

export async function openSidecar(t: TestContext, options: WorldOptions = {}): Promise<SidecarWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sidecar-"));
  const origin = await openOrigin(options.respond === undefined ? {} : { respond: options.respond });
  const rules = options.rules ?? [{}];
  const listed = policyOf(
    rules.map((rule) => ruleFor(origin, rule)),
    options.credentials,
  );
  const policy = options.models === undefined ? listed : { ...listed, models: options.models };
  const alerts: string[] = [];
  const values = new Map(Object.entries(options.values ?? {}));
  const disk = { full: false };
  const file = join(folder, "audit.jsonl");
  const log: AuditLog = await openAudit(file);
  const audit = {
    append: async (event: AuditEvent) => {
      if (disk.full) throw new Error("disk full");
      await log.append(event);
    },
  };
  const asking = await openAsking({
    bottle: "one",
    policy,
    paths: { proposals: join(folder, "proposals"), policy: join(folder, "policy.json") },
    uid: process.getuid?.() ?? 0,
    say: (line) => alerts.push(line),
    announce: true,
  });
  const place = options.place ?? openPlace(t, options.services);
  let started: RemoteServices | null = null;
  const clients: RawClient[] = [];
  t.after(async () => {
    for (const client of clients) client.end();
    await started?.close();
    await asking.close();
    await log.close();
    await origin.close();
    rmSync(folder, { recursive: true });
  });
  const services = await startRemoteServices(
    {
      bottle: "one",
      policy,
      secrets: async (name) => {
        const value = values.get(name);
        if (value === undefined) throw new Error(`no value for ${name}`);
        return new Secret(name, value);
      },
      ownAddresses: () => ["192.0.2.200"],
      audit,
      onAlert: (text) => alerts.push(text),
      desk: asking.desk,
      ...(options.known === undefined ? {} : { known: options.known }),
      ...(options.handlers === undefined ? {} : { services: options.handlers }),
    },
    place,
  );
  started = services;
  asking.attach(services, audit);
  const kept = (client: RawClient) => {
    clients.push(client);
    return client;
  };
  const port = () => services.ports()[0] ?? 0;
  return {
    services,
    place,
    asking,
    origin,
    policy,
    folder,
    alerts,
    values,
    disk,
    audit: () =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { event: AuditEvent }).event),
    raw: async () => kept(await openRaw(port())),
    inside: async () => {
      const tunnel = kept(await openTunnel(port(), `${HOST}:443`));
      return kept(await openTls(tunnel, { servername: HOST, ca: services.caPem, ALPNProtocols: ["http/1.1"] }));
    },
  };
}
