import assert from "node:assert/strict";
import { test } from "node:test";
import { selection } from "../../../src/cli/audit/selection.ts";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { AuditLine } from "../../../src/state/audit-format.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const NOTHING = { host: undefined, denied: false, since: undefined };

function line(event: AuditEvent, time = "2026-01-01T11:59:00.000Z"): AuditLine {
  return { seq: 1, hash: "", prev: "", time, event };
}

function decided(id: string, authority: string | null, verdict: "allow" | "deny" = "allow"): AuditEvent {
  return {
    type: "decision",
    id,
    verdict,
    reason: verdict === "allow" ? "allowed" : "host-not-listed",
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
  };
}

const ended = (id: string): AuditEvent => ({
  type: "result",
  id,
  status: 200,
  bytesOut: 0,
  bytesIn: 0,
  ms: 1,
  scrubbed: 0,
  error: null,
});

const LOG = [
  line({ type: "policy", version: 1, rules: 1, cause: "start" }, "2026-01-01T10:00:00.000Z"),
  line(decided("1", "api.example.com:443"), "2026-01-01T10:00:01.000Z"),
  line(decided("2", "example.com:443")),
  line(decided("3", "api.example.com:8443", "deny")),
  line(decided("4", "API.example.com.:443")),
  line(decided("5", "bad@host", "deny")),
  line(ended("1")),
  line(ended("2")),
  line(ended("4")),
  line(decided("6", "[2001:db8::1]:443", "deny")),
];

/** What is shown, as ids; a result as its id with `=`. */
function shown(wanted: Partial<Parameters<typeof selection>[0]>): string {
  const wants = selection({ ...NOTHING, ...wanted }, NOW);
  return LOG.filter((it) => wants(it))
    .map(({ event }) => (event.type === "decision" ? event.id : event.type === "result" ? `${event.id}=` : event.type))
    .join(" ");
}

test("lines are chosen by host, with the outcome of what was chosen, by port, refusal and time", () => {
  assert.equal(shown({}), "policy 1 2 3 4 5 1= 2= 4= 6");
  assert.equal(shown({ host: "api.example.com" }), "1 3 4 1= 4=");
  assert.equal(shown({ host: "API.Example.com." }), "1 3 4 1= 4=");
  assert.equal(shown({ host: "*.example.com" }), "1 3 4 1= 4=");
  assert.equal(shown({ host: "example.com" }), "2 2=");
  assert.equal(shown({ host: "*.com" }), "1 2 3 4 1= 2= 4=");
  assert.equal(shown({ host: "api.example.com:8443" }), "3");
  assert.equal(shown({ host: "2001:db8:0::1" }), "6");
  assert.equal(shown({ host: "[2001:db8::1]:443" }), "6");
  assert.equal(shown({ host: "[2001:db8::1]:444" }), "");
  assert.equal(shown({ denied: true }), "3 5 6");
  assert.equal(shown({ denied: true, host: "*.example.com" }), "3");
  assert.equal(shown({ since: "1h" }), "2 3 4 5 1= 2= 4= 6");
  assert.equal(shown({ since: "59s" }), "");
  assert.equal(shown({ since: "60s" }), "2 3 4 5 1= 2= 4= 6");
  assert.equal(shown({ since: "2026-01-01T10:00:01Z" }), "1 2 3 4 5 1= 2= 4= 6");
  assert.equal(shown({ since: "2026-01-02" }), "");
  // The outcome of a request that began before is about the host all the same.
  assert.equal(shown({ since: "1h", host: "api.example.com" }), "3 4 1= 4=");
});

test("what is no host and no time is said, with an example", () => {
  for (const host of ["", "*", "a b", "*.*.com", "api.example.com:0", "api.example.com:443:1", "https://x.com", "[::1"])
    assert.throws(() => selection({ ...NOTHING, host }, NOW), { code: "USAGE" }, host);
  for (const since of ["", "10", "10 m", "1w", "-1h", "yesterday", "1", "2026", "2026-13-01", "12:00"])
    assert.throws(() => selection({ ...NOTHING, since }, NOW), { code: "USAGE" }, since);
});

test("the operator's answer goes with the request that was held", () => {
  const answered = (id: string): AuditEvent => {
    return { type: "answer", id, verdict: "allow", by: "operator", scope: "once", grant: null, detail: null };
  };
  const asked = (id: string, host: string): AuditEvent => ({ ...decided(id, host), verdict: "ask" }) as AuditEvent;
  const events = [asked("1", "a.example.com:443"), answered("1"), asked("2", "b.example.com:443"), answered("2")];
  const wanted = selection({ ...NOTHING, host: "a.example.com" }, NOW);
  assert.deepEqual(
    events.map((event) => wanted(line(event))),
    [true, true, false, false],
  );
});
