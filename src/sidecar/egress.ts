import { createPrivateKey } from "node:crypto";
import type { AuditEvent } from "../core/model/audit.ts";
import type { ReportedEvent, ServiceStart } from "../core/model/control-message.ts";
import type { Policy } from "../core/model/policy.ts";
import { Secret } from "../core/model/secret.ts";
import { type Gateway, startGateway } from "../gateway/gateway.ts";
import type { Claim } from "../gateway/held.ts";
import { ownAddresses } from "../host/own-addresses.ts";
import { openDoors } from "./doors.ts";
import type { HostOrder, HostStream } from "./host-stream.ts";
import { serviceRelay } from "./service-relay.ts";

/** The gateway of one bottle, in the sidecar. */
export interface Egress {
  /** Does what the host process says about policy and questions. Rejects when it must not go on. */
  obey(order: HostOrder): Promise<void>;
  close(): Promise<void>;
}

/** How long a value is used before the host process is asked again whether it was renewed. */
const FRESH_MS = 5_000;

/**
 * Starts the gateway of `start`. It looks names up and judges addresses here, where the way out is; what it decides is
 * written by the host process before it acts on it. Rejects when it cannot listen or the policy has problems.
 */
export async function serveEgress(start: ServiceStart, stream: HostStream): Promise<Egress> {
  const { ca, listen } = start;
  const doors = await openDoors(listen.addresses, listen.ports);
  const own = () => [...start.ownAddresses, ...ownAddresses()];
  const gateway = startGateway({
    bottle: start.bottle,
    listener: doors.listener,
    policy: start.policy,
    secrets: secretReader(start, stream),
    known: start.known.map(({ name, value }) => new Secret(name, value)),
    ownAddresses: own,
    connectDialled: (dial) => stream.dial(dial),
    audit: { append: (event) => report(event, stream) },
    onAlert: (text) => stream.say({ type: "alert", text: text.slice(0, ALERT_LENGTH) }),
    services: Object.fromEntries(
      start.services.map((name) => [name, serviceRelay(name, () => stream.dial({ kind: "service", name }))]),
    ),
    desk: start.asks ? deskOf(stream) : null,
    ca: { certificate: ca.certificate, key: createPrivateKey(ca.key), endsAt: ca.endsAt },
    ...(start.upstreamCaPem === null ? {} : { upstreamCaPem: start.upstreamCaPem }),
  });
  await gateway.ready();
  stream.say({ type: "ready", ports: doors.ports });
  return { obey: obedience(gateway, start.policy, stream), close: () => gateway.close() };
}

const ALERT_LENGTH = 4096;

/** Resolves when the host process has written the line. */
async function report(event: AuditEvent, stream: HostStream): Promise<void> {
  // The host process writes by itself what it did: a new policy, an answer, what went through the git gate.
  if (event.type === "policy" || event.type === "answer" || event.type === "git" || event.type === "supervise") return;
  const answer = await stream.ask({ type: "audit", event: event satisfies ReportedEvent });
  if (answer.type !== "done" || !answer.ok) throw new Error("the host process could not write it");
}

function deskOf(stream: HostStream) {
  return {
    show: async (proposal: Parameters<typeof shownBy>[0]) => shownBy(proposal, stream),
    withdraw: (id: string) => stream.say({ type: "withdraw", id }),
  };
}

async function shownBy(proposal: import("../core/model/proposal.ts").Proposal, stream: HostStream): Promise<void> {
  const answer = await stream.ask({ type: "show", proposal });
  if (answer.type !== "done" || !answer.ok) throw new Error("the operator could not be shown it");
}

/** Values come with the start, and again when they are no longer fresh: a renewed login is picked up. */
function secretReader({ credentials }: ServiceStart, stream: HostStream): (name: string) => Secret | Promise<Secret> {
  const held = new Map(
    credentials.map(({ name, value }) => [name, { secret: new Secret(name, value), at: performance.now() }]),
  );
  const read = async (name: string): Promise<Secret> => {
    const answer = await stream.ask({ type: "secret", credential: name });
    if (answer.type !== "secret" || answer.value === null) {
      throw new Error((answer.type === "secret" ? answer.why : null) ?? "it could not be read");
    }
    const secret = new Secret(name, answer.value);
    held.set(name, { secret, at: performance.now() });
    return secret;
  };
  return (name) => {
    const known = held.get(name);
    return known !== undefined && performance.now() - known.at < FRESH_MS ? known.secret : read(name);
  };
}

function obedience(gateway: Gateway, first: Policy, stream: HostStream): (order: HostOrder) => Promise<void> {
  let policy = first;
  const claims = new Map<string, Claim>();
  const settled = (id: string): Claim | undefined => {
    const claim = claims.get(id);
    claims.delete(id);
    return claim;
  };
  return async (order) => {
    switch (order.type) {
      case "policy": {
        policy = keptParts(policy, order.policy);
        const version = await gateway.apply(policy, order.cause).catch(() => null);
        return stream.say({ type: "reply", seq: order.seq, value: version });
      }
      case "claim": {
        const claim = gateway.claim(order.id);
        if (claim.ok) claims.set(order.id, claim);
        const { waiting, others } = claim.ok ? claim : { waiting: 0, others: [] };
        const problem = claim.ok ? null : claim.problem;
        return stream.say({ type: "claimed", seq: order.seq, problem, waiting, others });
      }
      case "settle":
        return stream.say({
          type: "reply",
          seq: order.seq,
          value: settled(order.id)?.settle(order.answer) ?? 0,
        });
      case "put-back":
        return settled(order.id)?.putBack();
      case "forgive":
        return stream.say({ type: "reply", seq: order.seq, value: gateway.forgive(order.id) ? 1 : 0 });
      case "ping":
        return stream.say({ type: "pong" });
      case "start":
        throw new Error("a second start");
      case "close":
        return undefined;
    }
  };
}

/**
 * `next`, with every part that says the same as before as the same object: the gateway tells by that whether rules
 * changed while a request waited, and what was judged by a rule holds as long as the rule.
 */
function keptParts(before: Policy, next: Policy): Policy {
  const old: Readonly<Record<string, unknown>> = { ...before };
  const parts = Object.entries(next).map(([key, value]) => {
    const same = Object.hasOwn(old, key) && JSON.stringify(old[key]) === JSON.stringify(value);
    return [key, same ? old[key] : value] as const;
  });
  return Object.fromEntries(parts) as unknown as Policy;
}
