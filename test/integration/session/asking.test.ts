import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BottleError } from "../../../src/core/model/errors.ts";
import type { EgressRule } from "../../../src/core/model/policy.ts";
import { type Asking, openAsking } from "../../../src/session/asking.ts";
import { readProposals } from "../../../src/state/proposals.ts";
import { eventually, type Fixture, HOST, openGateway, policyOf } from "../../support/gateway/fixture.ts";
import { openOrigin } from "../../support/gateway/origin.ts";
import type { RawClient } from "../../support/gateway/raw-client.ts";
import { assertNothingLeft } from "../../support/gateway/verdicts.ts";
import { githubToken } from "../../support/leaks/github-token.ts";
import { yes } from "../../support/yes.ts";

interface World extends Fixture {
  readonly asking: Asking;
  readonly folder: string;
  readonly said: string[];
  readonly seen: () => readonly string[];
}

/** A gateway with its host process's side, and all that is on disk. */
async function openWorld(
  t: TestContext,
  rules: readonly Partial<EgressRule>[] = [{ paths: ["/listed"] }],
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "asking-"));
  t.after(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });
  const said: string[] = [];
  const ask = { unlisted: true, timeoutMs: 60_000 };
  const policy = { ...policyOf(rules), ask };
  const asking = await openAsking({
    bottle: "one",
    policy,
    paths: { proposals: join(folder, "proposals"), policy: join(folder, "policy.json") },
    uid: process.getuid?.() ?? 0,
    say: (line) => said.push(line),
    announce: true,
  });
  const origin = await openOrigin();
  const fixture = await openGateway(t, { rules, ask, origin, desk: asking.desk });
  asking.attach(
    {
      claim: (id) => fixture.gateway.claim(id),
      // The fixture's own rules: a policy with others would end what waits.
      apply: (next, cause) =>
        fixture.gateway.apply({ ...next, rules: fixture.policy.rules, deny: fixture.policy.deny }, cause),
    },
    fixture.audit,
  );
  t.after(() => asking.close());
  const seen = () => origin.seen.map(({ method, url }) => `${method} ${url}`);
  return { ...fixture, asking, folder, said, seen };
}

async function askFor(
  world: World,
  path: string,
  field = "",
): Promise<{ readonly client: RawClient; readonly id: string }> {
  const client = await world.inside();
  const before = world.said.length;
  client.send(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${field}\r\n`);
  await eventually(() => world.said.length > before);
  const proposals = await readProposals(join(world.folder, "proposals"));
  const found = proposals.find(({ target }) => target === path);
  if (found === undefined) throw new Error("nothing is shown");
  return { client, id: found.id };
}

const answer = (world: World, id: string, scope: "once" | "bottle" = "once") => yes(world.asking, id, scope);

test("rows 132, 148: what waits is a private file that goes with its answer, and one line on the terminal", async (t) => {
  const world = await openWorld(t);
  const { client, id } = await askFor(world, "/a\x7e");
  const folder = join(world.folder, "proposals");
  assert.deepEqual(readdirSync(folder), [`${id}.json`]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, `${id}.json`)).mode & 0o777, 0o600);
  assert.match(world.said[0] ?? "", new RegExp(`^bottle: one asks: GET https://.*\n.*bottle allow ${id}`));
  const report = await answer(world, id);
  assert.deepEqual([report.settled, report.grant, report.version], [1, null, 1]);
  await client.until('"url":"/a~"');
  await eventually(() => readdirSync(folder).length === 0);
  await assert.rejects(answer(world, id), { code: "APPROVAL_SETTLED" });
});

test("rows 119, 132: a yes to what looks like a secret is for that request alone", async (t) => {
  const world = await openWorld(t, [{ leaks: { action: "ask", opaque: null } }]);
  const { client, id } = await askFor(world, "/a", `X-Note: ${githubToken()}\r\n`);
  await assert.rejects(answer(world, id, "bottle"), { code: "USAGE", message: /for this request alone/ });
  assert.equal((await answer(world, id)).settled, 1);
  await client.until('"url":"/a"');
});

test("rows 119, 144: a yes to one token in a field lets no request with another one go", async (t) => {
  const world = await openWorld(t, [{ leaks: { action: "ask", opaque: null } }]);
  const tokens = ["aZ3bY7cX9d", "qW8eR5tY2u"].map((seed) => githubToken(seed));
  await Promise.all(
    tokens.map(async (token) => {
      const client = await world.inside();
      client.send(`GET /a HTTP/1.1\r\nHost: ${HOST}\r\nX-Note: ${token}\r\n\r\n`);
    }),
  );

  await eventually(() => world.gateway.held().reduce((sum, { waiting }) => sum + waiting, 0) === 2);
  assert.deepEqual(
    world.gateway.held().map(({ waiting }) => waiting),
    [1, 1],
  );
});

test("row 132: more tokens than are shown are not asked about", async (t) => {
  const world = await openWorld(t, [{ leaks: { action: "ask", opaque: null } }]);
  const seeds = [...Array(17).keys()].map((at) => `aZ3bY7cX9d${String.fromCharCode(65 + at)}`);
  const body = seeds.map((seed) => githubToken(seed)).join("\n");
  const client = await world.inside();
  client.send(`POST /a HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.match(await client.until("}"), /token-in-request/);
  assertNothingLeft(world);
  assert.equal(world.said.length, 0);
});

test("row 132: the line on the terminal shows a host to its end, however long it is", async (t) => {
  const world = await openWorld(t);
  const host = `github.com.${"a".repeat(60)}.${"b".repeat(60)}.evil.example.test`;
  const client = await world.inside(host);
  client.send(`GET /${"p".repeat(500)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await eventually(() => world.said.length > 0);
  const [line = ""] = world.said[0]?.split("\n") ?? [];
  assert.ok(line.includes(`https://${host}:443/ppp`), line);
  assert.ok(line.endsWith("…") && line.length < 300, "only the path is cut");
});

test("row 131: a yes that cannot be written down is none: the request waits on", async (t) => {
  const world = await openWorld(t);
  const { client, id } = await askFor(world, "/a");
  world.audit.failing = true;
  await assert.rejects(answer(world, id), /disk full/);
  assertNothingLeft(world);
  world.audit.failing = false;
  await answer(world, id);
  await client.until('"url":"/a"');
});

test("row 148: a grant that cannot be put on disk is none, and the log says so; a no needs no disk", async (t) => {
  const world = await openWorld(t);
  const first = await askFor(world, "/a");
  await answer(world, first.id, "bottle");
  await first.client.until('"url":"/a"');
  const { client, id } = await askFor(world, "/b");
  // As a full disk would; root may write all the same, but not where a folder stands.
  rmSync(join(world.folder, "policy.json"));
  const { mkdirSync } = await import("node:fs");
  mkdirSync(join(world.folder, "policy.json", "in-the-way"), { recursive: true });
  await assert.rejects(answer(world, id, "bottle"), (error: BottleError) => error instanceof Error);
  const answers = world.audit.events.flatMap((event) => (event.type === "answer" && event.id === id ? [event] : []));
  assert.deepEqual(
    answers.map(({ verdict, detail }) => [verdict, detail]),
    [
      ["allow", null],
      ["deny", "the yes could not be put in force"],
    ],
  );
  assert.deepEqual((await world.asking.answer({ do: "grants" })) as object, { version: 4, grants: [] });
  await world.asking.answer({ do: "deny", id, reason: null });
  assert.match(await client.until("}"), /ask-denied/);
  assert.deepEqual(world.seen(), ["GET /a"]);
});

test("row 148: a revoke holds at once; of many answers to one request one is heard", async (t) => {
  const world = await openWorld(t);
  const { client, id } = await askFor(world, "/a");
  const settled = await Promise.allSettled([
    answer(world, id, "bottle"),
    answer(world, id),
    answer(world, id, "bottle"),
  ]);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ["fulfilled", "rejected", "rejected"],
  );
  await client.until('"url":"/a"');
  const onDisk = () => JSON.parse(readFileSync(join(world.folder, "policy.json"), "utf8"));
  assert.equal(onDisk().grants.length, 1);
  await world.asking.answer({ do: "revoke", grant: `g-${id}` });
  assert.deepEqual(onDisk().grants, []);
  const again = await askFor(world, "/a");
  await world.asking.answer({ do: "deny", id: again.id, reason: "no" });
  assert.match(await again.client.until("}"), /ask-denied/);
});

test("what is left when the host process closes is nothing", async (t) => {
  const world = await openWorld(t);
  await askFor(world, "/a");
  await world.asking.close();
  await world.gateway.close();
  assert.equal(existsSync(join(world.folder, "proposals")), false);
  assertNothingLeft(world);
});
