import type { AuditEvent } from "../core/model/audit.ts";

type DecisionEvent = Extract<AuditEvent, { readonly type: "decision" }>;

/** How many requests of this kind were allowed after their TLS was opened. */
export function readAllowed(events: readonly AuditEvent[], host: string, method: string, path: string): number {
  return decisions(events).filter(
    (event) =>
      event.verdict === "allow" &&
      event.mode === "inspect" &&
      event.method === method &&
      namesHost(event, host) &&
      event.target?.split("?")[0] === path,
  ).length;
}

/** How many requests to this host were refused, for this reason. */
export function readRefused(events: readonly AuditEvent[], host: string, reason: DecisionEvent["reason"]): number {
  return decisions(events).filter(
    (event) => event.verdict === "deny" && event.reason === reason && namesHost(event, host),
  ).length;
}

const decisions = (events: readonly AuditEvent[]): readonly DecisionEvent[] =>
  events.filter((event) => event.type === "decision");

const namesHost = (event: DecisionEvent, host: string): boolean => event.authority?.split(":")[0] === host;
