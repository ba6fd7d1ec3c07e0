import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { BottleRecord } from "../../../src/core/model/bottle-record.ts";
import { identify } from "../../../src/host/process-identity.ts";
import { checkNeighbours } from "../../../src/session/neighbours.ts";
import { type Layout, layoutOf } from "../../../src/state/layout.ts";
import { createRecord } from "../../../src/state/records.ts";
import { testPlan, workspaceAt } from "../../support/test-bottle.ts";

const uid = process.getuid?.() ?? 0;

async function withBottle(context: TestContext, change: Partial<BottleRecord>): Promise<Layout> {
  const home = mkdtempSync(join(tmpdir(), "neighbours-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, uid);
  const host = identify(process.pid);
  assert.ok(host !== null);
  const record: BottleRecord = {
    schema: 1,
    name: "first",
    agent: "shell",
    provider: "shell",
    backend: "bubblewrap",
    phase: "running",
    createdAt: new Date(0).toISOString(),
    endedAt: null,
    exitCode: null,
    host,
    run: join(home, "run/first"),
    handle: null,
    workspace: { mode: "bind", host: "/srv/app" },
    labels: {},
    auditHead: null,
    ...change,
  };
  await createRecord(layout, record, uid);
  return layout;
}

const bound = (host: string) => testPlan("second", host, { workspace: workspaceAt("bind", host) });

test("row 140: no folder is bound to two running bottles, nor one in the other", async (context) => {
  const layout = await withBottle(context, {});
  for (const host of ["/srv/app", "/srv/app/src", "/srv"])
    await assert.rejects(checkNeighbours(bound(host), layout), { code: "WORKSPACE_REFUSED" });
  await checkNeighbours(bound("/srv/apple"), layout);
  await checkNeighbours(testPlan("second", "/srv/app"), layout);
  await checkNeighbours({ ...bound("/srv/app"), name: "first" }, layout);
});

test("row 140: a bottle that ended, or whose host process is gone, holds nothing", async (context) => {
  const ended = await withBottle(context, { phase: "exited", endedAt: new Date(0).toISOString() });
  await checkNeighbours({ ...bound("/srv/app"), alone: true }, ended);
  const lost = await withBottle(context, { host: { pid: 1, startTime: 1, bootId: "another boot" } });
  await checkNeighbours({ ...bound("/srv/app"), alone: true }, lost);
});

test("row 154: a bottle that must be alone does not start beside another", async (context) => {
  const layout = await withBottle(context, { phase: "creating", workspace: { mode: "copy", host: "/elsewhere" } });
  const plan = testPlan("second", "/srv/app");
  await checkNeighbours(plan, layout);
  await assert.rejects(checkNeighbours({ ...plan, alone: true }, layout), { code: "HOST_UNFIT" });
  await checkNeighbours({ ...plan, alone: true, name: "first" }, layout);
});
