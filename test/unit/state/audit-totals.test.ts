import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { AuditLine } from "../../../src/state/audit-format.ts";
import { createTotals } from "../../../src/state/audit-totals.ts";

type DecisionEvent = Extract<AuditEvent, { type: "decision" }>;

function decided(id: string, authority: string | null, changes: Partial<DecisionEvent> = {}): AuditEvent {
  return {
    type: "decision",
    id,
    verdict: "allow",
    reason: "allowed",
    rule: null,
    policyVersion: 1,
    mode: "inspect",
    method: "GET",
    authority,
    target: "/",
    credentials: [],
    address: null,
    alert: false,
    detail: null,
    ...changes,
  };
}

const denied = { verdict: "deny", reason: "host-not-listed" } as const;
const ended = (id: string, bytesOut: number, bytesIn: number): AuditEvent => ({
  type: "result",
  id,
  status: 200,
  bytesOut,
  bytesIn,
  ms: 1,
  scrubbed: 0,
  error: null,
});

function totalsOf(events: readonly AuditEvent[]) {
  const totals = createTotals();
  events.forEach((event, index) => {
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString();
    totals.add({ seq: index + 1, hash: "", prev: "", time, event } satisfies AuditLine);
  });
  return totals.result();
}

test("totals count each request once, by host, with bytes, reasons and the time of the last line", () => {
  const { hosts, suppressed } = totalsOf([
    { type: "policy", version: 1, rules: 2, cause: "start" },
    decided("1", "a.example.com:443"),
    decided("2", "b.example.com:443", denied),
    decided("3", "a.example.com:8443", { verdict: "deny", reason: "port-not-listed" }),
    ended("1", 10, 2000),
    decided("4", "A.example.com.:443"),
    decided("5", "b.example.com:443", denied),
    decided("6", "x@y", { verdict: "deny", reason: "authority-invalid" }),
    { type: "session", event: "denials-suppressed", detail: "41" },
    { type: "session", event: "denials-suppressed", detail: "1" },
  ]);
  assert.equal(suppressed, 42);
  assert.deepEqual(hosts, [
    {
      host: "a.example.com",
      requests: 3,
      allowed: 2,
      denied: { "port-not-listed": 1 },
      bytesOut: 10,
      bytesIn: 2000,
      lastSeen: "2026-01-01T00:00:05.000Z",
    },
    {
      host: "b.example.com",
      requests: 2,
      allowed: 0,
      denied: { "host-not-listed": 2 },
      bytesOut: 0,
      bytesIn: 0,
      lastSeen: "2026-01-01T00:00:06.000Z",
    },
    {
      host: null,
      requests: 1,
      allowed: 0,
      denied: { "authority-invalid": 1 },
      bytesOut: 0,
      bytesIn: 0,
      lastSeen: "2026-01-01T00:00:07.000Z",
    },
  ]);
});

test("a request that was cut while it passed counts as denied, and its bytes count all the same", () => {
  const { hosts } = totalsOf([
    decided("1", "a.example.com:443"),
    decided("1", "a.example.com:443", { verdict: "deny", reason: "secret-in-request", alert: true }),
    ended("1", 300_000, 0),
  ]);
  assert.equal(hosts.length, 1);
  assert.deepEqual(
    [hosts[0]?.requests, hosts[0]?.allowed, hosts[0]?.denied, hosts[0]?.bytesOut],
    [1, 0, { "secret-in-request": 1 }, 300_000],
  );
});

test("a request that was held for the operator counts once, as what it came to", () => {
  const asked = { verdict: "ask", reason: "host-not-listed" } as const;
  const { hosts } = totalsOf([
    decided("1", "a.example.com:443", asked),
    decided("1", "a.example.com:443"),
    ended("1", 1, 2),
    decided("2", "a.example.com:443", asked),
    decided("2", "a.example.com:443", { verdict: "deny", reason: "ask-timeout" }),
    decided("3", "a.example.com:443", asked),
  ]);
  assert.deepEqual(
    hosts.map(({ requests, allowed, denied: refused }) => [requests, allowed, refused]),
    [[3, 1, { "ask-timeout": 1 }]],
  );
});
