import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type DemoOptions, runDemo } from "../../../src/demo/demo.ts";
import type { DemoSession, DemoSpec } from "../../../src/demo/session-port.ts";
import { programPath } from "../../support/needs.ts";
import { madeUpBottle } from "./made-up-bottle.ts";

function options(session: DemoSession, change: Partial<DemoOptions> = {}): DemoOptions {
  const folder = mkdtempSync(join(tmpdir(), "demo-run-"));
  return {
    live: false,
    session,
    folder,
    removeFolder: () => rmSync(folder, { recursive: true, force: true }),
    tools: { git: programPath("git") ?? "" },
    watched: [dirname(folder)],
    cgroups: false,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...change,
  };
}

const cages = async () => [];
const broken = () => Promise.reject(new Error("the bottle is broken"));

test("a probe that throws has failed, the others still run, and the temp folder goes", async () => {
  const session: DemoSession = { cages, withBottle: (_, use) => use(madeUpBottle({ exec: broken, runAgent: broken })) };
  const given = options(session);
  const { ok, probes } = await runDemo(given);
  assert.equal(ok, false);
  assert.deepEqual(
    probes.map((probe) => probe.name),
    [
      "a whole agent turn",
      "an unlisted host",
      "a secret to a listed host",
      "a secret in a push",
      "only the placeholder inside",
      "no direct way out",
      "nothing is left",
    ],
  );
  assert.ok(probes.every((probe) => !probe.ok));
  assert.match(probes[0]?.evidence.join() ?? "", /the bottle is broken/);
  assert.equal(existsSync(given.folder), false);
});

test("live: the first bottle has the operator's credential and no stand-in, the second the other way round", async () => {
  const specs: DemoSpec[] = [];
  const session: DemoSession = {
    cages,
    withBottle: (spec, use) => {
      specs.push(spec);
      return use(madeUpBottle({ exec: broken, runAgent: broken }));
    },
  };
  const { probes } = await runDemo(options(session, { live: true }));
  assert.equal(probes.length, 7);
  assert.deepEqual([specs[0]?.credential, specs[0]?.rules], [null, []]);
  assert.match(specs[1]?.credential ?? "", /^sk-ant-oat01-.{95}$/);
  const [rule] = specs[1]?.rules ?? [];
  assert.equal(rule?.dial?.kind, "unix");
  assert.match(rule?.dial?.caPem ?? "", /BEGIN CERTIFICATE/);
});

test("each demo has a credential of its own", async () => {
  const used: (string | null)[] = [];
  const session: DemoSession = {
    cages,
    withBottle: (spec, use) => {
      used.push(spec.credential);
      return use(madeUpBottle({ exec: broken, runAgent: broken }));
    },
  };
  await runDemo(options(session));
  await runDemo(options(session));
  assert.equal(new Set(used).size, 2);
});

test("a bottle that cannot start is an error, and nothing of the demo stays", async () => {
  const given = options({ cages, withBottle: () => broken() });
  await assert.rejects(runDemo(given), /the bottle is broken/);
  assert.equal(existsSync(given.folder), false);
});

test("an interrupt ends the demo instead of failing probe after probe", async () => {
  const given = options(
    { cages, withBottle: (_, use) => use(madeUpBottle({ exec: broken, runAgent: broken })) },
    { signal: AbortSignal.abort("SIGINT") },
  );
  await assert.rejects(runDemo(given), /interrupted by SIGINT/);
  assert.equal(existsSync(given.folder), false);
});
