import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { createApprovals } from "../../../src/session/approvals.ts";
import { createLedger } from "../../../src/session/ledger.ts";
import { createPolicyWriter } from "../../../src/session/policy-writer.ts";
import { startRemoteServices } from "../../../src/session/remote-services.ts";
import { credential, eventually, policyOf, SECRET } from "../../support/gateway/fixture.ts";
import { openHostilePlace } from "../../support/sidecar/hostile-place.ts";
import { yes } from "../../support/yes.ts";

const ID = "0a1b2c3d-1";
const NOTHING = {
  method: "GET",
  scheme: "https",
  authority: "api.example.test:443",
  target: "/a?q=1",
  bytes: 0,
  sha256: "0".repeat(64),
  contentType: null,
  excerpt: "",
  excerptBytes: 0,
  reason: "ask-required",
  findings: [],
  rule: "test:0",
  pack: null,
  credentials: [],
  createdAt: "2026-01-01T00:00:00.000Z",
  expiresAt: "2036-01-01T00:00:00.000Z",
};
const proposal = (changes: object = {}) => ({ schema: 1, id: ID, ...NOTHING, ...changes });
const decision = {
  type: "decision",
  id: ID,
  verdict: "allow",
  reason: "allowed",
  rule: null,
  policyVersion: 1,
  mode: "inspect",
  method: "GET",
  authority: "api.example.test:443",
  target: "/",
  credentials: [],
  address: null,
  alert: false,
  detail: null,
};

async function openWorld(t: TestContext) {
  const place = openHostilePlace();
  const events: AuditEvent[] = [];
  const shown: Proposal[] = [];
  const withdrawn: string[] = [];
  const alerts: string[] = [];
  const written: Policy[] = [];
  const audit = { append: async (event: AuditEvent) => void events.push(event) };
  const policy = policyOf([{ ask: true }], [credential()]);
  const services = await startRemoteServices(
    {
      bottle: "one",
      policy,
      secrets: async (name) => new Secret(name, SECRET),
      ownAddresses: () => [],
      audit,
      onAlert: (text) => alerts.push(text),
      desk: { show: async (one) => void shown.push(one), withdraw: (id) => void withdrawn.push(id) },
    },
    place,
  );
  t.after(() => services.close());
  const writer = createPolicyWriter({
    policy,
    write: async (next) => void written.push(next),
    apply: (next, cause) => services.apply(next, cause),
    say: () => undefined,
  });
  t.after(() => writer.close());
  const approvals = createApprovals({
    bottle: "one",
    gateway: services,
    questions: [],
    writer,
    audit,
    ledger: createLedger(() => undefined),
    shown: () => shown,
    operator: "ann",
  });
  const asking = { answer: approvals.handle };
  const sidecar = () => {
    const present = place.sidecars.at(-1);
    assert.ok(present !== undefined);
    return present;
  };
  return { place, services, asking, writer, events, shown, withdrawn, alerts, written, sidecar };
}

const AGAINST_THE_GRAMMAR: Readonly<Record<string, object | string>> = {
  "no JSON": "hello\n",
  "a type that is not known": { type: "grant", id: ID },
  "a key more": { type: "pong", more: 1 },
  "a key twice": '{"type":"withdraw","id":"0a1b2c3d-1","id":"0a1b2c3d-2"}\n',
  "an answer of the operator": {
    type: "audit",
    seq: 1,
    event: { type: "answer", id: ID, verdict: "allow", by: "operator", scope: "bottle", grant: null, detail: null },
  },
  "a policy of its own": { type: "audit", seq: 1, event: { type: "policy", version: 9, rules: 0, cause: "mine" } },
  "a word of the host process": { type: "audit", seq: 1, event: { type: "session", event: "sealed", detail: "" } },
  "an id that leads out of a folder": { type: "withdraw", id: "../../x" },
  "a text too long": { type: "alert", text: "x".repeat(5000) },
  "a line without end": "x".repeat(300_000),
  "a reply that nobody waits for": { type: "reply", seq: 1, value: 7 },
  "bytes of a connection that nobody made": "=7 AAAA\n",
  "a word that is none of a connection's": "?7\n",
  "a place that is none": { type: "dial", seq: 1, place: { kind: "udp", address: "127.0.0.1", port: 1 } },
  "half a character": '{"type":"alert","text":"\\ud800"}\n',
};

for (const [what, message] of Object.entries(AGAINST_THE_GRAMMAR)) {
  test(`row 150: ${what} from a sidecar ends it, writes nothing of it, and another one is started`, async (t) => {
    const world = await openWorld(t);
    const first = world.sidecar();
    first.say(message);
    await eventually(() => world.place.sidecars.length === 2);
    assert.ok(first.killed);
    await eventually(() => world.events.length === 2);
    assert.deepEqual(
      world.events.map((event) => (event.type === "session" ? event.event : event.type)),
      ["service-ended", "service-restarted"],
    );
    assert.deepEqual([world.shown, world.written, world.writer.grants()], [[], [], []]);
  });
}

test("row 150: a number used twice ends a sidecar", async (t) => {
  const world = await openWorld(t);
  world.sidecar().say({ type: "audit", seq: 5, event: decision });
  world.sidecar().say({ type: "audit", seq: 5, event: decision });
  await eventually(() => world.place.sidecars.length === 2);
  assert.equal(world.events.filter(({ type }) => type === "decision").length, 1);
});

test("row 150: a grant is for what the operator was shown, whatever the sidecar says of it later", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  sidecar.say({ type: "show", seq: 1, proposal: proposal() });
  await eventually(() => world.shown.length === 1);
  // The same id for another host, after it was shown.
  sidecar.say({ type: "show", seq: 2, proposal: proposal({ authority: "evil.example.test:443", target: "/" }) });
  await eventually(() => sidecar.told.some((it) => it.type === "done" && it.seq === 2));
  assert.equal(sidecar.told.find((it) => it.type === "done" && it.seq === 2)?.ok, false);
  const answering = yes(world.asking, ID, "bottle");
  const asked = (type: string) => {
    const found = sidecar.told.find((it) => it.type === type);
    return found?.seq;
  };
  await eventually(() => asked("claim") !== undefined);
  sidecar.say({ type: "claimed", seq: asked("claim"), problem: null, waiting: 1, others: [] });
  await eventually(() => asked("policy") !== undefined);
  sidecar.say({ type: "reply", seq: asked("policy"), value: 2 });
  await eventually(() => asked("settle") !== undefined);
  sidecar.say({ type: "reply", seq: asked("settle"), value: 1 });
  await answering;
  const [grant, ...others] = world.writer.grants();
  assert.deepEqual([grant?.authority, grant?.path, grant?.method], ["api.example.test:443", "/a", "GET"]);
  assert.deepEqual(others, []);
});

test("row 150: a sidecar that answers for itself grants nothing: nobody asked it", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  sidecar.say({ type: "show", seq: 1, proposal: proposal() });
  await eventually(() => world.shown.length === 1);
  sidecar.say({ type: "claimed", seq: 1, problem: null, waiting: 1, others: [] });
  await eventually(() => world.place.sidecars.length === 2);
  assert.deepEqual(world.withdrawn, [ID]);
  assert.deepEqual([world.writer.grants(), world.written, world.writer.version], [[], [], 1]);
  await assert.rejects(yes(world.asking, ID, "bottle"), /was settled before/);
});

test("row 150: a sidecar that confirms another version than it was given is ended", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  const applied = world.services.apply({ ...policyOf([], [], 2) }, "narrower");
  await eventually(() => sidecar.told.some(({ type }) => type === "policy"));
  sidecar.say({ type: "reply", seq: sidecar.told.find(({ type }) => type === "policy")?.seq, value: 1 });
  assert.equal(await applied, 2);
  await eventually(() => world.place.sidecars.length === 2);
  assert.equal((world.sidecar().told[0]?.policy as Policy | undefined)?.version, 2, "the next one begins with it");
});

test("row 150: a sidecar gets no credential that the policy does not name", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  sidecar.say({ type: "secret", seq: 1, credential: "other" });
  sidecar.say({ type: "secret", seq: 2, credential: "api" });
  await eventually(() => sidecar.told.filter(({ type }) => type === "secret").length === 2);
  assert.deepEqual(
    sidecar.told.filter(({ type }) => type === "secret").map(({ seq, value }) => [seq, value]),
    [
      [1, null],
      [2, SECRET],
    ],
  );
});

test("row 132: of a flood of questions from a sidecar no more are shown than one gateway lets wait", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  for (let i = 1; i <= 40; i++) {
    sidecar.say({ type: "show", seq: i, proposal: proposal({ id: `0a1b2c3d-${i.toString(36)}` }) });
  }
  await eventually(() => sidecar.told.filter(({ type }) => type === "done").length === 40);
  assert.equal(world.shown.length, 32);
});

test("row 152: what a sidecar alerts of reaches the terminal escaped", async (t) => {
  const world = await openWorld(t);
  world.sidecar().say({ type: "alert", text: "red \u001b[31m alert" });
  await eventually(() => world.alerts.length === 1);
  assert.equal(world.alerts[0], "red \\x1b[31m alert");
});

test("row 130: a flood of alerts from a sidecar is told once, not a thousand times", async (t) => {
  const world = await openWorld(t);
  for (let i = 0; i < 1000; i++) world.sidecar().say({ type: "alert", text: `look ${i}` });
  world.sidecar().say({ type: "secret", seq: 1, credential: "api" });
  await eventually(() => world.sidecar().told.some(({ type }) => type === "secret"));
  assert.equal(world.alerts.length, 21);
  assert.match(world.alerts[20] ?? "", /more of these follow/);
});

test("row 130: a sidecar that asks without end and reads no answer fills no memory: it is read no further", async (t) => {
  const world = await openWorld(t);
  const sidecar = world.sidecar();
  sidecar.stopReading();
  let seq = 0;
  const flood = () =>
    Array.from({ length: 10_000 }, () => {
      seq += 1;
      return `{"type":"secret","seq":${seq},"credential":"none"}\n`;
    }).join("");
  for (let i = 0; i < 8; i++) {
    sidecar.say(flood());
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => sidecar.unread().ofIt > 1 << 20);
  assert.ok(sidecar.unread().toIt < 5 << 20, JSON.stringify(sidecar.unread()));
  // It still counts as ended when it is ended.
  await world.services.close();
});
