import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Policy } from "../../../src/core/model/policy.ts";
import { GRANT_LIMIT } from "../../../src/core/policy/grants.ts";
import { createPolicyWriter } from "../../../src/session/policy-writer.ts";
import { grant, policy } from "../../support/core/policies.ts";

/** A writer with a disk that fails when told to, and a log of what happened in which order. */
function openWriter(t: TestContext) {
  const done: string[] = [];
  const said: string[] = [];
  const world = { full: false, refusing: false, onDisk: policy([]), inForce: policy([]) };
  let now = 1000;
  const note = (what: string, { version, grants = [] }: Policy) =>
    done.push(`${what} ${version} ${grants.map(({ id }) => id).join(",")}`.trim());
  const writer = createPolicyWriter({
    policy: policy([]),
    write: async (next) => {
      if (world.full) throw new Error("disk full");
      note("write", next);
      world.onDisk = next;
    },
    apply: async (next) => {
      if (world.refusing && (next.grants ?? []).length > 0) throw new Error("refused");
      assert.ok(next.version > world.inForce.version, "versions only grow");
      note("apply", next);
      world.inForce = next;
      return next.version;
    },
    say: (line) => said.push(line),
    now: () => now,
  });
  t.after(() => writer.close());
  return {
    writer,
    world,
    done,
    said,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const ids = ({ grants = [] }: Policy) => grants.map(({ id }) => id);

test("what gives is on disk before it is in force, what takes is in force before it is on disk", async (t) => {
  const { writer, done } = openWriter(t);
  assert.equal(await writer.add(grant()), 8);
  assert.equal(await writer.revoke("g-1"), 9);
  assert.deepEqual(done, ["write 8 g-1", "apply 8 g-1", "apply 9", "write 9"]);
  await assert.rejects(writer.revoke("g-1"), { code: "GRANT_NOT_FOUND" });
  assert.equal(writer.version, 9);
});

test("row 148: a full disk blocks no revoke, and what could not be written grants nothing", async (t) => {
  const { writer, world, said } = openWriter(t);
  await writer.add(grant());
  await writer.add(grant({ id: "g-2", path: "/y" }));
  world.full = true;
  await writer.revoke("g-1");
  assert.deepEqual([ids(world.inForce), ids(world.onDisk)], [["g-2"], ["g-1", "g-2"]]);
  assert.equal(said.length, 1);
  await assert.rejects(writer.add(grant({ id: "g-3", path: "/z" })), /disk full/);
  assert.deepEqual([ids(world.inForce), writer.grants()], [[], []], "a failed reload drops every grant");
  world.full = false;
  await writer.add(grant({ id: "g-4" }));
  assert.deepEqual([ids(world.inForce), ids(world.onDisk)], [["g-4"], ["g-4"]]);
});

test("row 148: a reload that the gateway refuses keeps the base rules and drops every grant", async (t) => {
  const { writer, world } = openWriter(t);
  await writer.add(grant());
  world.refusing = true;
  await assert.rejects(writer.add(grant({ id: "g-2" })), /refused/);
  assert.deepEqual([ids(world.inForce), ids(world.onDisk)], [[], []]);
  assert.deepEqual(world.inForce.rules, policy([]).rules);
});

test("row 148: many at once are written one after the other, and no revoked grant comes back", async (t) => {
  const { writer, world } = openWriter(t);
  await Promise.all([
    ...Array.from({ length: 20 }, (_, i) => writer.add(grant({ id: `g-${i}`, path: `/${i}` }))),
    ...Array.from({ length: 20 }, (_, i) => writer.revoke(`g-${i}`)),
    writer.add(grant({ id: "g-last" })),
  ]);
  assert.deepEqual([ids(world.inForce), ids(world.onDisk)], [["g-last"], ["g-last"]]);
});

test("a grant whose end has come is taken out by itself, and counts no more before that", async (t) => {
  const { writer, world, pass } = openWriter(t);
  await writer.add(grant({ scope: "for", expiresAt: 1020 }));
  await writer.add(grant({ id: "g-2", path: "/y" }));
  pass(20);
  assert.deepEqual(
    writer.grants().map(({ id }) => id),
    ["g-2"],
  );
  while (ids(world.onDisk).length !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(ids(world.inForce), ["g-2"]);
});

test("there is an end to grants, and none is given while the bottle closes", async (t) => {
  const { writer } = openWriter(t);
  for (let i = 0; i < GRANT_LIMIT; i += 1) await writer.add(grant({ id: `g-${i}` }));
  await assert.rejects(writer.add(grant({ id: "g-more" })), { code: "USAGE" });
  await writer.close();
  await assert.rejects(writer.add(grant({ id: "g-late" })), { code: "BOTTLE_GONE" });
});
