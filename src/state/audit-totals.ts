import { parseAuthority } from "../core/wire/authority.ts";
import type { AuditLine } from "./audit-format.ts";

/** What one host was asked for. */
export interface HostTotals {
  /** As in the log, without the port; null for requests whose host could not be read. */
  readonly host: string | null;
  readonly requests: number;
  readonly allowed: number;
  /** How many were denied, by reason code; one that was cut while it passed counts here. */
  readonly denied: Readonly<Record<string, number>>;
  /** Bytes of bodies, or of a spliced tunnel. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Time of the last line about it, ISO 8601. */
  readonly lastSeen: string;
}

export interface AuditTotals {
  /** Most requests first. */
  readonly hosts: readonly HostTotals[];
  /** Refusals of a flood, which were counted and not written: of which hosts nobody knows. */
  readonly suppressed: number;
}

interface Sum {
  requests: number;
  allowed: number;
  readonly denied: Map<string, number>;
  bytesOut: number;
  bytesIn: number;
  lastSeen: string;
}

/** The host that a decision names; null when it is none that we read. */
function hostOf(authority: string | null): string | null {
  const reading = authority === null ? null : parseAuthority(authority, 443);
  return reading?.ok === true ? reading.authority.host : null;
}

/** Adds up lines, in the order of the log; each request counts once, by its last verdict. */
export function createTotals(): { add(line: AuditLine): void; result(): AuditTotals } {
  const hosts = new Map<string | null, Sum>();
  /** Requests without an outcome yet. */
  const open = new Map<string, Sum>();
  /** Those that were held for the operator, and not decided yet. */
  const held = new Map<string, Sum>();
  let suppressed = 0;

  const sumOf = (host: string | null): Sum => {
    const sum = hosts.get(host) ?? {
      requests: 0,
      allowed: 0,
      denied: new Map(),
      bytesOut: 0,
      bytesIn: 0,
      lastSeen: "",
    };
    hosts.set(host, sum);
    return sum;
  };
  return {
    add: ({ time, event }) => {
      if (event.type === "session" && event.event === "denials-suppressed") suppressed += Number(event.detail) || 0;
      if (event.type === "decision") {
        const before = open.get(event.id);
        const counted = before ?? held.get(event.id);
        held.delete(event.id);
        const sum = counted ?? sumOf(hostOf(event.authority));
        sum.lastSeen = time;
        if (counted === undefined) sum.requests += 1;
        if (event.verdict === "ask") held.set(event.id, sum);
        if (event.verdict === "allow" && before === undefined) {
          sum.allowed += 1;
          open.set(event.id, sum);
        } else if (event.verdict === "deny") {
          // Cut while it passed: its outcome comes still.
          if (before !== undefined) sum.allowed -= 1;
          sum.denied.set(event.reason, (sum.denied.get(event.reason) ?? 0) + 1);
        }
      }
      if (event.type === "result") {
        const sum = open.get(event.id);
        open.delete(event.id);
        if (sum === undefined) return;
        sum.bytesOut += event.bytesOut;
        sum.bytesIn += event.bytesIn;
        sum.lastSeen = time;
      }
    },
    result: () => ({
      suppressed,
      hosts: [...hosts]
        .map(([host, { denied, ...sum }]) => ({ host, ...sum, denied: Object.fromEntries(denied) }))
        .sort((a, b) => b.requests - a.requests || String(a.host).localeCompare(String(b.host), "en")),
    }),
  };
}
