import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BACKEND_NAMES, loadBackend } from "../../../src/backends/builtins.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import type { SessionContext } from "../../../src/session/context.ts";
import { planPrune } from "../../../src/session/prune.ts";
import { removeUnreadable } from "../../../src/session/removal.ts";
import { bottlePaths, layoutOf } from "../../../src/state/layout.ts";
import { createRecord, findBottle } from "../../../src/state/records.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import { testRecord } from "../../support/test-bottle.ts";

const noClient = programPath("docker") === null ? "docker is not installed" : false;

/** The client is there and the engine is not: no socket has this name. */
describe("with a Docker engine that is down", { skip: noClient || skipWithout("bubblewrap") }, () => {
  const before_ = process.env.DOCKER_HOST;
  let home = "";
  before(() => {
    home = mkdtempSync(join(tmpdir(), "engine-down-"));
    process.env.DOCKER_HOST = `unix://${home}/no.sock`;
  });
  after(() => {
    if (before_ === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before_;
    rmSync(home, { recursive: true });
  });

  const session = (said: string[]): SessionContext => {
    const facts = gatherFacts();
    const signal = new AbortController().signal;
    const say = (line: string) => void said.push(line);
    return { env: {}, cwd: "/", facts, layout: layoutOf({}, home, facts.uid), say, ask: null, signal };
  };
  const all = () => Promise.all(BACKEND_NAMES.map(loadBackend));

  test("part B29: it is named, bottles of other backends are pruned, and its own are not taken for dead", async () => {
    const said: string[] = [];
    const context = session(said);
    // Of a host process that is gone: lost, whatever became of the cage.
    await createRecord(context.layout, testRecord("of-docker", { backend: "docker" }), context.facts.uid);
    await createRecord(context.layout, testRecord("of-bubblewrap"), context.facts.uid);
    const steps = await planPrune(await all(), context, { all: false, now: Date.now() });
    assert.deepEqual(
      steps.filter(({ kind }) => kind === "lost bottle").map(({ bottle }) => bottle),
      ["of-bubblewrap"],
    );
    assert.match(said.join("\n"), /docker cannot be asked, and nothing of its bottles is touched: .*does not answer/);
    const { record } = (await findBottle(context.layout, "of-docker")) ?? {};
    assert.equal(record?.endedAt, null);
  });

  test("part B29: a bottle that cannot be read goes by the backend of its journal alone", async () => {
    const context = session([]);
    for (const [name, backend] of [
      ["mine", "bubblewrap"],
      ["theirs", "docker"],
    ] as const) {
      const paths = bottlePaths(context.layout, name);
      mkdirSync(paths.folder, { recursive: true, mode: 0o700 });
      writeFileSync(paths.record, "no record");
      writeFileSync(paths.journal, `${JSON.stringify({ seq: 1, intent: "backend", detail: backend })}\n`);
      const bottle = await findBottle(context.layout, name);
      assert.ok(bottle);
      const removal = removeUnreadable(bottle, context);
      if (backend === "docker") {
        await assert.rejects(removal, (error) => error instanceof BottleError && error.code === "HOST_UNFIT");
      } else await removal;
      assert.equal(existsSync(paths.folder), backend === "docker");
    }
  });

  test("doctor and the choice of a backend say it, with the mend", async () => {
    const docker = await loadBackend("docker");
    const facts = gatherFacts();
    const [finding] = await docker.probe(facts);
    assert.deepEqual([finding?.id, finding?.level], ["engine-down", "error"]);
    assert.match(finding?.mend ?? "", /systemctl start docker/);
    assert.match((await docker.lacks(facts)) ?? "", /does not answer/);
  });
});
