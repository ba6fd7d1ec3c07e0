import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "../../../src/core/model/secret.ts";
import type { UndoReport } from "../../../src/session/undo.ts";
import { readProposals } from "../../../src/state/proposals.ts";
import { get, post } from "../../support/gateway/asking.ts";
import { credential, eventually, SECRET } from "../../support/gateway/fixture.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";
import { openSidecar } from "../../support/sidecar/world.ts";
import { yes } from "../../support/yes.ts";

test("row 24: through a sidecar a listed request passes, and what is not listed is denied", async (t) => {
  const world = await openSidecar(t, { rules: [{ paths: ["/listed"] }] });
  const client = await world.inside();
  get(client, "/listed");
  assert.equal(statusOf(await client.until("}")), 200);
  client.clear();
  get(client, "/other");
  assert.match(await client.until("}"), /^HTTP\/1\.1 403 [\s\S]*path-not-listed/);
  assert.deepEqual(
    world.origin.seen.map(({ url }) => url),
    ["/listed"],
  );
  await eventually(() => world.audit().some(({ type }) => type === "result"));
  const verdicts = world
    .audit()
    .flatMap((event) => (event.type === "decision" ? [`${event.verdict} ${event.target}`] : []));
  assert.deepEqual(
    verdicts.filter((it) => !it.endsWith("null")),
    ["allow /listed", "deny /other"],
  );
});

test("every door of a sidecar leads to the one listener", async (t) => {
  const world = await openSidecar(t);
  const ports = world.services.ports();
  assert.equal(new Set(ports).size, 2);
  const { openRaw } = await import("../../support/gateway/raw-client.ts");
  for (const port of ports) {
    const client = await openRaw(port);
    client.send("CONNECT other.example.test:443 HTTP/1.1\r\nHost: other.example.test:443\r\n\r\n");
    assert.match(await client.closed(), /^HTTP\/1\.1 403 /);
  }
});

test("row 131: nothing is dialled when the host process could not write the line", async (t) => {
  const world = await openSidecar(t);
  const client = await world.inside();
  world.disk.full = true;
  get(client, "/a");
  assert.match(await client.until("}"), /^HTTP\/1\.1 5\d\d [\s\S]*audit-failed/);
  assert.equal(world.origin.accepted(), 0);
});

test("row 88: a credential is written by the sidecar, a renewed one is picked up, a missing one denies", async (t) => {
  const world = await openSidecar(t, { credentials: [credential()], values: { api: SECRET } });
  const client = await world.inside();
  get(client, "/a");
  // The origin answers with what it was sent: the value is taken out of that.
  assert.doesNotMatch(await client.until("}"), new RegExp(SECRET));
  assert.equal(world.origin.seen[0]?.headers.authorization, `Bearer ${SECRET}`);
  const renewed = "sk-real-renewed-5hT9wQ2xB4nM7";
  world.values.set("api", renewed);
  // One request after the other: a queue of them would answer for a time long past.
  const answerUntil = async (path: string, done: (answer: string) => boolean) => {
    const deadline = performance.now() + 30_000;
    for (let answer = ""; !done(answer); ) {
      assert.ok(performance.now() < deadline, answer);
      client.clear();
      get(client, path);
      answer = await client.until("}");
    }
  };
  await answerUntil("/again", () => world.origin.seen.at(-1)?.headers.authorization === `Bearer ${renewed}`);
  world.values.delete("api");
  await answerUntil("/gone", (answer) => answer.includes("credential-unavailable"));
  const text = JSON.stringify(world.audit());
  assert.ok(!text.includes(SECRET) && !text.includes(renewed));
  assert.match(text, /no value for api/);
});

test("row 105: a known value is found in the sidecar and stops the request", async (t) => {
  const known = "hunter2-hunter2-hunter2";
  const world = await openSidecar(t, { known: [new Secret("vault", known)] });
  const client = await world.inside();
  post(client, "/a", `x=${Buffer.from(known).toString("base64")}`);
  assert.match(await client.until("}"), /^HTTP\/1\.1 403 [\s\S]*secret-in-request/);
  assert.equal(world.origin.seen.length, 0);
  await eventually(() => world.alerts.some((line) => line.includes("vault")));
  assert.ok(!JSON.stringify([world.audit(), world.alerts]).includes(known));
});

test("rows 132, 144: a request waits in the sidecar until the operator answers it once", async (t) => {
  const world = await openSidecar(t, { rules: [{ ask: true }] });
  const client = await world.inside();
  post(client, "/a?b=c", "body");
  const waiting = () => readProposals(`${world.folder}/proposals`);
  let id = "";
  await eventually(() => {
    void waiting().then(([first]) => {
      id = first?.id ?? "";
    });
    return id !== "";
  });
  const [shown] = await waiting();
  assert.equal(shown?.excerpt, "body");
  assert.equal(shown?.target, "/a?b=c");
  const report = await yes(world.asking, id);
  assert.equal(report.settled, 1);
  assert.equal(statusOf(await client.until("}")), 200);
  await eventually(() => world.audit().some((event) => event.type === "answer" && event.id === id));
  await assert.rejects(world.asking.answer({ do: "deny", id, reason: null }), /was allowed \(once\) by .* \(cli\) at /);
  assert.deepEqual(await waiting(), []);
});

test("rows 135, 148: a grant is in force in the sidecar with its answer, and gone with its revoke", async (t) => {
  const world = await openSidecar(t, { rules: [{ ask: true }] });
  const client = await world.inside();
  get(client, "/a?q=1");
  const [shown] = await waitFor(world.folder);
  const report = await yes(world.asking, shown?.id ?? "", "for", 60_000);
  assert.equal(report.version, 2);
  assert.equal(report.grant?.path, "/a");
  assert.equal(statusOf(await client.until("}")), 200);
  client.clear();
  get(client, "/a?q=2");
  assert.equal(statusOf(await client.until("}")), 200, "the grant covers it without a question");
  await world.asking.answer({ do: "revoke", grant: report.grant?.id ?? "" });
  const after = await world.inside();
  get(after, "/a?q=3");
  const [again] = await waitFor(world.folder);
  await world.asking.answer({ do: "deny", id: again?.id ?? "", reason: "no more" });
  assert.match(await after.until("}"), /ask-denied/);
  const versions = world.audit().flatMap((event) => (event.type === "policy" ? [event.version] : []));
  assert.deepEqual(versions, [2, 3]);
  assert.equal(world.origin.seen.length, 2);
});

test("a policy that is not newer, or has problems, is refused and changes nothing", async (t) => {
  const world = await openSidecar(t);
  await assert.rejects(world.services.apply(world.policy, "again"), /not newer/);
  const [rule] = world.policy.rules;
  assert.ok(rule !== undefined);
  const bad = { ...world.policy, version: 2, rules: [{ ...rule, host: "*" }] };
  await assert.rejects(world.services.apply(bad, "bad"), /has problems/);
  const client = await world.inside();
  get(client, "/a");
  assert.equal(statusOf(await client.until("}")), 200);
});

async function waitFor(folder: string) {
  for (let left = 500; left > 0; left--) {
    const found = await readProposals(`${folder}/proposals`);
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("nothing waits");
}

test("a no is forgotten in the sidecar, too, when it is undone: the same request is asked about again", async (t) => {
  const world = await openSidecar(t, { rules: [{ ask: true }] });
  const client = await world.inside();
  get(client, "/a");
  const [shown] = await waitFor(world.folder);
  const id = shown?.id ?? "";
  await world.asking.answer({ do: "deny", id, reason: null });
  assert.match(await client.until("}"), /ask-denied/);
  const second = await world.inside();
  get(second, "/a");
  assert.match(await second.until("}"), /ask-denied/, "it is remembered");
  const report = (await world.asking.answer({ do: "undo", id })) as UndoReport;
  assert.match(report.done[0] ?? "", /may be asked about again/);
  const third = await world.inside();
  get(third, "/a");
  const [again] = await waitFor(world.folder);
  await yes(world.asking, again?.id ?? "");
  assert.equal(statusOf(await third.until("}")), 200);
});
