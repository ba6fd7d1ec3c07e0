import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import type { BottleError } from "../../../src/core/model/errors.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import type { AnswerReport } from "../../../src/session/approvals.ts";
import { readItem, readItems, readProposals } from "../../../src/state/proposals.ts";
import { HOST } from "../../support/gateway/fixture.ts";
import { eventually } from "../../support/operator.ts";
import { openSuperviseWorld, type SuperviseWorld } from "../../support/supervise/world.ts";

const ASKED = `https://${HOST}/report`;
const ask = (world: SuperviseWorld, more: object = {}) =>
  world.call("request_access", { url: ASKED, why: "the report", ...more });
const idOf = (said: { readonly value: Readonly<Record<string, unknown>> }) => String(said.value.id);
const allow = (world: SuperviseWorld, id: string) =>
  world.asking.answer({ do: "allow", id, scope: "for", forMs: 3_600_000 }) as Promise<AnswerReport>;

test("the SDK's client finds six tools, each with a schema that lets nothing more in, and is told how to use them", async (t) => {
  const { client } = await openSuperviseWorld(t);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name).toSorted(), [
    ...["list_access", "report_status", "request_access", "request_capability", "request_review", "wait_decision"],
  ]);
  for (const { inputSchema, description } of tools) {
    assert.equal(inputSchema.additionalProperties, false);
    assert.ok((description ?? "").length > 40);
  }
  assert.match(client.getInstructions() ?? "", /request_access/);
});

test("access: pending with an id, shown as a file and one line, approved only when the policy with it is in force", async (t) => {
  const world = await openSuperviseWorld(t);
  const asked = await ask(world);
  const id = idOf(asked);
  assert.deepEqual([asked.failed, asked.value.status, asked.value.asked], [false, "pending", 1]);
  const [proposal] = (await readProposals(world.proposals)) as readonly Proposal[];
  assert.deepEqual(proposal?.asked, { words: "the report", count: 1 });
  const { method, scheme, authority, target, reason, bytes } = proposal ?? ({} as Proposal);
  assert.deepEqual(
    [method, scheme, authority, target, reason, bytes],
    ["GET", "https", `${HOST}:443`, "/report", "path-not-listed", 0],
  );
  assert.match(world.said.join("\n"), /asks for access: GET https:\/\/api\.example\.test:443\/report/);
  const waiting = world.call("wait_decision", { id });
  await eventually("it waits", () => world.clock.waiting >= 2);
  const report = await allow(world, id);
  assert.equal(report.grant?.path, "/report");
  const { value } = await waiting;
  assert.deepEqual([value.status, value.active], ["approved", true]);
  const policies = world.audit.events.filter(({ type }) => type === "policy");
  assert.equal(policies.length, 1, "the gateway has the new version");
  assert.deepEqual((await ask(world)).value.status, "allowed", "asked again it is allowed already");
  assert.deepEqual(readdirSync(world.proposals), []);
});

test("a yes that cannot be put in force is not told; it waits on", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  world.audit.failing = true;
  await assert.rejects(allow(world, id));
  world.audit.failing = false;
  const waiting = world.call("wait_decision", { id });
  await eventually("it waits", () => world.clock.waiting >= 2);
  world.clock.advance(50_000);
  assert.equal((await waiting).value.status, "pending");
  assert.ok(await readItem(world.proposals, id));
});

test("a wait ends after 50 seconds with pending, and at once when there is an answer; a no comes with the operator's reason", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const first = world.call("wait_decision", { id });
  await eventually("it waits", () => world.clock.waiting >= 2);
  world.clock.advance(49_999);
  await eventually("it waits on", () => world.clock.waiting >= 2);
  world.clock.advance(1);
  assert.equal((await first).value.status, "pending");
  await world.asking.answer({ do: "deny", id, reason: "not this one" });
  const { value } = await world.call("wait_decision", { id });
  assert.deepEqual([value.status, value.operator], ["denied", "not this one"]);
  const again = await ask(world, { why: "please, please" });
  assert.deepEqual([again.value.status, again.value.id], ["denied", id], "answered from memory");
  assert.deepEqual(await readItems(world.proposals), []);
  world.clock.advance(10 * 60_000);
  assert.equal((await ask(world)).value.status, "pending", "after ten minutes it may be asked again");
});

test("a no that is taken back may be asked again at once", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  await world.asking.answer({ do: "deny", id, reason: null });
  world.supervise.forgive(id);
  assert.equal((await ask(world)).value.status, "pending");
});

test("nobody answers for an hour: expired, said so, and nothing is shown any more", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  world.clock.advance(3_600_000);
  assert.equal((await world.call("wait_decision", { id })).value.status, "expired");
  await eventually("the file is gone", () => readdirSync(world.proposals).length === 0);
  await assert.rejects(allow(world, id), (error: BottleError) => error.code === "APPROVAL_SETTLED");
  const lines = world.audit.events.filter((event) => event.type === "supervise");
  assert.deepEqual(
    lines.map(({ outcome }) => outcome),
    ["asked", "expired"],
  );
});

test("repeats join one item and raise its count; another method or path is another item, a query is not", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const repeats = await Promise.all([ask(world), ask(world, { url: `${ASKED}?a=b`, why: "other words" })]);
  assert.deepEqual(repeats.map(idOf), [id, id]);
  const item = (await readItem(world.proposals, id)) as Proposal;
  assert.deepEqual(item.asked, { words: "the report", count: 3 });
  assert.equal(world.said.length, 1, "a repeat alarms nobody");
  const others = [await ask(world, { method: "post" }), await ask(world, { url: `${ASKED}/2` })];
  assert.equal(new Set([id, ...others.map(idOf)]).size, 3);
});

test("what a rule allows is answered at once, and what no yes could allow is refused at once: nobody is asked", async (t) => {
  const deny = [
    { id: "deny:0", source: "operator", host: "never.example.test", port: null, methods: null, paths: null },
  ] as const;
  const world = await openSuperviseWorld(t, { deny });
  assert.equal((await ask(world, { url: `https://${HOST}/listed` })).value.status, "allowed");
  for (const [url, reason] of [
    ["https://never.example.test/", "denied-by-rule"],
    ["http://169.254.169.254/latest/meta-data", "host-not-listed"],
    ["https://vault.internal/", "host-not-listed"],
    [`https://${HOST}/a/../b`, "path-ambiguous"],
    [`https://${HOST}/report?_method=DELETE`, "path-not-listed"],
  ] as const) {
    const { value } = await ask(world, { url });
    assert.deepEqual([value.status, value.reason], ["refused", reason], url);
  }
  assert.deepEqual([existsSync(world.proposals) && readdirSync(world.proposals), world.said], [[], []]);
  const lines = world.audit.events.filter((event) => event.type === "supervise");
  assert.deepEqual(new Set(lines.map(({ outcome }) => outcome)), new Set(["refused"]));
});

test("a grant that was taken back is told as ended", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const { grant } = await allow(world, id);
  assert.equal((await world.call("wait_decision", { id })).value.status, "approved");
  await world.asking.answer({ do: "revoke", grant: grant?.id ?? "" });
  assert.equal((await world.call("wait_decision", { id })).value.status, "ended");
});

test("let go once it cannot be, since there is no request yet: it still waits for another answer", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const once = world.asking.answer({ do: "allow", id, scope: "once", forMs: null });
  await assert.rejects(once, (error: BottleError) => error.code === "USAGE" && /--for 1h/.test(error.hint ?? ""));
  assert.ok((await allow(world, id)).grant);
});

test("row 148: of two operators the first answers, the other is told", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const both = await Promise.allSettled([allow(world, id), world.asking.answer({ do: "deny", id, reason: null })]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal((await world.call("wait_decision", { id })).value.status, "approved");
});

test("capability and review: a question each, answered with words of the operator", async (t) => {
  const world = await openSuperviseWorld(t);
  const capability = await world.call("request_capability", { what: "jq 1.7", why: "to read json" });
  const review = await world.call("request_review", { question: "May I drop the table?\nThe plan: drop it." });
  const items = await readItems(world.proposals);
  assert.deepEqual(
    items.map((item) => ("kind" in item ? [item.kind, item.words] : [])),
    [
      ["capability", "jq 1.7\n\nwhy: to read json"],
      ["review", "May I drop the table?\nThe plan: drop it."],
    ],
  );
  const yes = world.supervise.questions.claim(idOf(capability));
  const no = world.supervise.questions.claim(idOf(review));
  assert.ok(yes.ok && no.ok);
  assert.deepEqual(world.supervise.questions.claim(idOf(review)), { ok: false, problem: "answered" });
  assert.deepEqual(world.supervise.requests.claim(idOf(review)), { ok: false, problem: "unknown" });
  yes.settle("yes", "it is in /opt/jq now");
  no.settle("no", "ask me tomorrow");
  const said = await Promise.all([capability, review].map((one) => world.call("wait_decision", { id: idOf(one) })));
  assert.deepEqual(
    said.map(({ value }) => [value.status, value.operator]),
    [
      ["approved", "it is in /opt/jq now"],
      ["denied", "ask me tomorrow"],
    ],
  );
});

test("a claim that is put back waits on, and expires when its time is over meanwhile", async (t) => {
  const world = await openSuperviseWorld(t);
  const [one, two] = [idOf(await ask(world)), idOf(await world.call("request_review", { question: "which?" }))];
  const claims = [world.supervise.requests.claim(one), world.supervise.questions.claim(two)];
  world.clock.advance(3_600_000);
  assert.ok(await readItem(world.proposals, one), "while an operator has it, it does not expire");
  for (const claim of claims) claim.ok && claim.putBack();
  for (const id of [one, two]) assert.equal((await world.call("wait_decision", { id })).value.status, "expired");
});

test("list_access says what is allowed now, granted ones too, and no value, dial or path of the operator's", async (t) => {
  const dial = { kind: "unix", path: "/home/operator/secret.sock", caPem: null } as const;
  const repository = {
    url: "https://git.example.test/a",
    branches: ["bot/*"],
    tags: [],
    protect: [".github/"],
    askMs: null,
  };
  const plan = { repositories: [repository] } as never;
  const world = await openSuperviseWorld(t, { rules: [{ paths: ["/listed"], methods: ["GET"], dial }], plan });
  const id = idOf(await ask(world));
  await allow(world, id);
  const { value } = await world.call("list_access");
  assert.deepEqual(value.hosts, [{ url: `https://${HOST}:443`, methods: ["GET"], paths: ["/listed"] }]);
  assert.deepEqual(
    (value.granted as readonly { url: string }[]).map(({ url }) => url),
    [`https://${HOST}:443/report`],
  );
  assert.match(JSON.stringify(value.git_repositories), /bot\/\*/);
  assert.doesNotMatch(JSON.stringify(value), /secret\.sock|\/home\/operator/);
});

test("report_status is told as the agent's own word, short", async (t) => {
  const world = await openSuperviseWorld(t);
  for (const state of ["working", "blocked", "done", "failed"]) await world.call("report_status", { state, what: "x" });
  assert.deepEqual(
    world.words.map(({ state }) => state),
    ["working", "needs-you", "done", "failed"],
  );
  assert.ok((await world.call("report_status", { state: "idle" })).failed);
});

test("the end of the bottle ends every wait: closed", async (t) => {
  const world = await openSuperviseWorld(t);
  const id = idOf(await ask(world));
  const waiting = world.call("wait_decision", { id }).catch(() => null);
  await eventually("it waits", () => world.clock.waiting >= 2);
  world.supervise.close();
  const said = await waiting;
  assert.ok(said === null || said.value.status === "closed");
  await eventually("the file is gone", () => readdirSync(world.proposals).length === 0);
});
