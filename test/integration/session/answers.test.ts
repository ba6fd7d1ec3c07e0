import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { AuditEvent } from "../../../src/core/model/audit.ts";
import type { Proposal } from "../../../src/core/model/proposal.ts";
import type { Question } from "../../../src/core/model/question.ts";
import type { AwaitedClaimReading, QuestionHolder } from "../../../src/session/approvals.ts";
import { openAsking } from "../../../src/session/asking.ts";
import { createLedger } from "../../../src/session/ledger.ts";
import type { UndoReport } from "../../../src/session/undo.ts";
import { readItems } from "../../../src/state/proposals.ts";
import { policy, rule } from "../../support/core/policies.ts";
import { itemAt, yes } from "../../support/yes.ts";

const QUESTION: Question = {
  schema: 1,
  id: "0a1b2c3d-q1",
  kind: "capability",
  words: "jq, please",
  evidence: ["asked 1 time"],
  count: 1,
  createdAt: "2026-11-22T14:00:00.000Z",
  expiresAt: null,
};
const REQUEST: Proposal = {
  schema: 1,
  id: "0a1b2c3d-1",
  method: "GET",
  scheme: "https",
  authority: "docs.example.com:443",
  target: "/a",
  bytes: 0,
  sha256: "",
  contentType: null,
  excerpt: "",
  excerptBytes: 0,
  reason: "host-not-listed",
  findings: [],
  rule: null,
  pack: null,
  credentials: [],
  createdAt: "2026-11-22T14:00:00.000Z",
  expiresAt: "2126-11-22T14:00:00.000Z",
};

/** The host process's side of one bottle, with holders that only keep what they were told. */
async function openWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "answers-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const events: AuditEvent[] = [];
  const disk = { full: false };
  const audit = {
    append: async (event: AuditEvent) => {
      if (disk.full) throw new Error("disk full");
      events.push(event);
    },
  };
  const ledger = createLedger(() => undefined);
  const paths = { proposals: join(folder, "proposals"), policy: join(folder, "policy.json") };
  const asking = await openAsking({
    bottle: "one",
    policy: policy([rule()]),
    paths,
    uid: process.getuid?.() ?? 0,
    say: () => undefined,
    announce: false,
    ledger,
  });
  t.after(() => asking.close());
  const told: string[] = [];
  const services = { lost: false };
  const waiting = new Map<string, Proposal>();
  const claimed = new Set<string>();
  const forgiven: string[] = [];
  const claim = (id: string): AwaitedClaimReading => {
    const proposal = waiting.get(id);
    if (proposal === undefined || claimed.has(id)) return { ok: false, problem: proposal ? "answered" : "unknown" };
    claimed.add(id);
    return {
      ok: true,
      proposal,
      path: proposal.target,
      waiting: 1,
      others: [],
      settle: (answer) => {
        if (services.lost) return Promise.reject(new Error("the sidecar is gone"));
        told.push(`${id} ${answer}`);
        waiting.delete(id);
        asking.desk.withdraw(id);
        return 1;
      },
      putBack: () => void claimed.delete(id),
    };
  };
  const refused = new Set<string>();
  asking.attach(
    { claim, forgive: (id) => forgiven.push(id) > 0, apply: async ({ version }) => version },
    ledger.watch(audit),
  );
  const questions = new Map<string, Question>();
  const holder: QuestionHolder = {
    claim: (id) => {
      const question = questions.get(id);
      if (question === undefined || claimed.has(id)) return { ok: false, problem: question ? "answered" : "unknown" };
      claimed.add(id);
      return {
        ok: true,
        question,
        settle: (verdict, words) => {
          told.push(`${id} ${verdict} ${words}`);
          if (verdict === "no") refused.add(id);
          questions.delete(id);
          asking.desk.withdraw(id);
        },
        putBack: () => void claimed.delete(id),
      };
    },
    forgive: (id) => refused.delete(id),
  };
  asking.hold(holder);
  return {
    asking,
    ledger,
    watched: ledger.watch(audit),
    events,
    disk,
    services,
    told,
    forgiven,
    folder: paths.proposals,
    ask: async (question: Question) => {
      const before = questions.has(question.id);
      questions.set(question.id, question);
      await (before ? asking.desk.renew(question) : asking.desk.show(question));
    },
    hold: async (proposal: Proposal) => {
      waiting.set(proposal.id, proposal);
      await asking.desk.show(proposal);
    },
    undo: (id: string) => asking.answer({ do: "undo", id }) as Promise<UndoReport>,
  };
}

test("a question is answered by the same words, with the operator's own to whoever asked", async (t) => {
  const world = await openWorld(t);
  await world.ask(QUESTION);
  assert.deepEqual(readdirSync(world.folder), [`${QUESTION.id}.json`]);
  const item = await itemAt(world.asking, QUESTION.id);
  const review = item?.review ?? "";
  const base = { do: "allow", id: QUESTION.id, forMs: null, review } as const;
  await assert.rejects(world.asking.answer({ ...base, scope: "bottle" }), { code: "USAGE" });
  await assert.rejects(world.asking.answer({ ...base, scope: "once", review: "000000000000" }), {
    code: "APPROVAL_CHANGED",
  });
  world.disk.full = true;
  await assert.rejects(world.asking.answer({ ...base, scope: "once" }), /disk full/, "unwritten is no yes");
  world.disk.full = false;
  assert.deepEqual(world.told, []);
  await world.asking.answer({ ...base, scope: "once", words: "it is in the image now" });
  assert.deepEqual(world.told, [`${QUESTION.id} yes it is in the image now`]);
  assert.deepEqual(
    world.events.map((event) => (event.type === "answer" ? [event.verdict, event.detail] : [])),
    [["allow", "it is in the image now"]],
  );
  await assert.rejects(world.asking.answer({ do: "deny", id: QUESTION.id, reason: null }), {
    code: "APPROVAL_SETTLED",
    message: /was allowed \(once\) by .+ \(cli\) at \d{4}-/,
  });
  assert.deepEqual((await world.undo(QUESTION.id)).left, ["who asked has heard the yes"]);
  assert.deepEqual(await readItems(world.folder), []);
});

test("a question that changed is shown again, and a no needs no code and no disk", async (t) => {
  const world = await openWorld(t);
  await world.ask(QUESTION);
  const review = (await itemAt(world.asking, QUESTION.id))?.review ?? "";
  await world.ask({ ...QUESTION, count: 5 });
  assert.equal((await itemAt(world.asking, QUESTION.id))?.review, review, "asked again in the same words");
  await world.ask({ ...QUESTION, words: "jq and root, please" });
  const late = { do: "allow", id: QUESTION.id, scope: "once", forMs: null, review } as const;
  await assert.rejects(world.asking.answer(late), { code: "APPROVAL_CHANGED" });
  world.disk.full = true;
  await world.asking.answer({ do: "deny", id: QUESTION.id, reason: "not root" });
  assert.deepEqual(world.told, [`${QUESTION.id} no not root`]);
});

test("row 148: of many operators one is heard, and each of the others is told who", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  const review = (await itemAt(world.asking, REQUEST.id))?.review ?? "";
  const request = { do: "allow", id: REQUEST.id, scope: "bottle", forMs: null, review } as const;
  const all = await Promise.allSettled([
    world.asking.answer({ ...request, as: "dashboard" }),
    world.asking.answer({ ...request, as: "cli" }),
    world.asking.answer({ do: "deny", id: REQUEST.id, reason: null, as: "cli" }),
  ]);
  assert.deepEqual(
    all.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected"],
  );
  for (const one of all.slice(1)) {
    assert.match(one.status === "rejected" ? String(one.reason) : "", /by .+ \(dashboard\)/);
  }
  assert.deepEqual(world.told, [`${REQUEST.id} granted`]);
});

test("rows 132, 144: evidence is of the time at which it was asked, and a credential is new until it was written", async (t) => {
  const world = await openWorld(t);
  const decision = {
    type: "decision",
    id: "0a1b2c3d-0",
    rule: null,
    policyVersion: 1,
    mode: "inspect",
    method: "GET",
    authority: REQUEST.authority,
    target: "/",
    address: null,
    alert: false,
    detail: null,
  } as const;
  const denied = { ...decision, verdict: "deny", reason: "host-not-listed", credentials: [] } as const;
  await world.watched.append(denied);
  await world.watched.append(denied);
  await world.hold({ ...REQUEST, credentials: ["github"] });
  const item = await itemAt(world.asking, REQUEST.id);
  assert.ok(item?.seen.some((line) => line.startsWith("2 denials of this host since ")));
  assert.deepEqual(
    item?.flags.map(({ code }) => code),
    ["first-use"],
  );
  const code = item?.review;
  await world.watched.append(denied);
  assert.equal((await itemAt(world.asking, REQUEST.id))?.review, code, "an agent that goes on trying stops no answer");
  const request = { do: "allow", id: REQUEST.id, scope: "once", forMs: null, review: code ?? "" } as const;
  await assert.rejects(world.asking.answer(request), { code: "USAGE", message: /for the first time: github/ });
  await world.asking.answer({ ...request, accepted: ["first-use"] });
  await world.watched.append({ ...decision, verdict: "allow", reason: "allowed", credentials: ["github"] });
  assert.deepEqual(world.ledger.evidence({ authority: REQUEST.authority, credentials: ["github"] }).firstUse, []);
  const elsewhere = { authority: "other.example.com:443", credentials: ["github"] };
  assert.deepEqual(world.ledger.evidence(elsewhere).firstUse, ["github"], "at another host it is new again");
});

test("the effect of a grant is what passed by it: first status, first time, how often", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  const { grant } = await yes(world.asking, REQUEST.id, "bottle");
  const id = grant?.id ?? "";
  const used = async () => {
    const { grants } = (await world.asking.answer({ do: "grants" })) as {
      grants: readonly { uses: number; firstUse: { status: number; at: string } | null }[];
    };
    return [grants[0]?.uses, grants[0]?.firstUse?.status ?? null];
  };
  assert.deepEqual(await used(), [0, null]);
  for (const [at, status] of [201, 500].entries()) {
    const request = `0a1b2c3d-u${at}`;
    await world.watched.append({
      type: "decision",
      id: request,
      verdict: "allow",
      reason: "allowed",
      rule: `grant:${id}`,
      policyVersion: 2,
      mode: "inspect",
      method: "GET",
      authority: REQUEST.authority,
      target: "/a",
      credentials: [],
      address: null,
      alert: false,
      detail: null,
    });
    const sizes = { bytesOut: 0, bytesIn: 0, ms: 1, scrubbed: 0, error: null };
    await world.watched.append({ type: "result", id: request, status, ...sizes });
    await world.watched.append({ type: "result", id: "0a1b2c3d-zz", status: 404, ...sizes });
  }
  assert.deepEqual(await used(), [2, 201]);
  const report = await world.undo(REQUEST.id);
  assert.deepEqual(report.left, ["2 requests have left by it"]);
  assert.match(report.done[0] ?? "", /revoked/);
  assert.deepEqual(await used(), [undefined, null]);
  assert.ok(world.events.some((event) => event.type === "session" && event.event === "undo"));
});

test("a no is forgotten when it is undone; a push may simply be tried again; once is enough", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  await world.asking.answer({ do: "deny", id: REQUEST.id, reason: null });
  assert.match((await world.undo(REQUEST.id)).done[0] ?? "", /may be asked about again/);
  assert.deepEqual(world.forgiven, [REQUEST.id]);
  await assert.rejects(world.undo(REQUEST.id), { code: "APPROVAL_SETTLED", message: /that was undone/ });
  await assert.rejects(world.undo("0a1b2c3d-99"), { code: "APPROVAL_NOT_FOUND" });
  const push = { ...REQUEST, id: "0a1b2c3d-p", method: "PUSH", reason: "ask-required" } as const;
  await world.hold(push);
  await world.asking.answer({ do: "deny", id: push.id, reason: null });
  assert.match((await world.undo(push.id)).done[0] ?? "", /push may be tried again/);
});

test("row 148: a no that did not arrive can be given again, and nobody is said to be answering", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  world.services.lost = true;
  await assert.rejects(world.asking.answer({ do: "deny", id: REQUEST.id, reason: null }), /sidecar is gone/);
  world.services.lost = false;
  await world.asking.answer({ do: "deny", id: REQUEST.id, reason: null });
  assert.deepEqual(world.told, [`${REQUEST.id} ask-denied`]);
});

test("row 148: a yes that is told to have failed leaves no grant in force", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  world.services.lost = true;
  await assert.rejects(yes(world.asking, REQUEST.id, "bottle"), /sidecar is gone/);
  const { grants } = (await world.asking.answer({ do: "grants" })) as { readonly grants: readonly unknown[] };
  assert.deepEqual(grants, []);
  assert.deepEqual(
    world.events.filter(({ type }) => type === "answer").map((line) => "verdict" in line && line.verdict),
    ["allow", "deny"],
  );
});

test("of access that nobody used, undo says of no request that it has left", async (t) => {
  const world = await openWorld(t);
  await world.hold({ ...REQUEST, asked: { words: "to read it", count: 1 } });
  await yes(world.asking, REQUEST.id, "bottle");
  const { done, left } = await world.undo(REQUEST.id);
  assert.equal(done.length, 1);
  assert.deepEqual(left, []);
});

test("a no to a question is forgotten when it is undone, so that it may be asked again", async (t) => {
  const world = await openWorld(t);
  await world.ask(QUESTION);
  await world.asking.answer({ do: "deny", id: QUESTION.id, reason: null });
  const { done, left } = await world.undo(QUESTION.id);
  assert.deepEqual(done, ["the same may be asked again"]);
  assert.deepEqual(left, ["who asked has heard the no"]);
});

test("an edited rule is checked by the host process too, whoever sends it", async (t) => {
  const world = await openWorld(t);
  await world.hold(REQUEST);
  const review = (await itemAt(world.asking, REQUEST.id))?.review ?? "";
  const reach = {
    method: "GET",
    scheme: "https",
    authority: "docs.example.com:443",
    path: "/*",
    pattern: true,
  } as const;
  const request = { do: "allow", id: REQUEST.id, scope: "bottle", forMs: null, review } as const;
  for (const [wrong, why] of [
    [{ ...reach }, /wildcard|any path/],
    [{ ...reach, authority: "169.254.169.254:80" }, /address/],
    [{ ...reach, authority: "metadata.google.internal:443" }, /never opened by a yes/],
    [{ ...reach, authority: "docs.example.com:853" }, /never opened by a yes/],
    [{ ...reach, path: "/a/../*" }, /path/],
    [{ ...reach, method: "CONNECT" }, /method/],
  ] as const) {
    await assert.rejects(world.asking.answer({ ...request, reach: wrong }), { code: "USAGE", message: why });
  }
  await assert.rejects(world.asking.answer({ ...request, scope: "once", reach, accepted: ["wildcard"] }), {
    code: "USAGE",
  });
  assert.deepEqual(world.told, []);
  await world.asking.answer({ ...request, reach, accepted: ["wildcard"] });
  assert.deepEqual(world.told, [`${REQUEST.id} granted`]);
  await world.asking.close();
  assert.equal(existsSync(world.folder), false);
});
