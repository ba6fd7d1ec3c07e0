import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Manifest } from "../../../src/core/model/definition.ts";
import { planAsk } from "../../../src/core/plan/ask.ts";
import { planDeny } from "../../../src/core/plan/deny.ts";
import { ruleLine } from "../../../src/core/plan/explain.ts";
import { formatProblem } from "../../../src/core/plan/manifest-problems.ts";
import { planRules } from "../../../src/core/plan/rules.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { PACK_NAMES } from "../../../src/core/policy/packs.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { loadManifest } from "../../../src/state/manifests.ts";
import { testRack } from "../../support/manifest-rack.ts";

async function load(context: TestContext, operator: unknown): Promise<Manifest> {
  const home = mkdtempSync(join(tmpdir(), "egress-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const uid = process.getuid?.() ?? 0;
  const layout = layoutOf({}, home, uid);
  mkdirSync(layout.config, { recursive: true });
  writeFileSync(layout.operatorManifest, JSON.stringify(operator, null, 1));
  return loadManifest({ layout, workspace: home, home, uid }, testRack);
}

const said = (manifest: Manifest) => manifest.problems.map(formatProblem).join("\n");

test("packs and rules that deny are read as they stand", async (context) => {
  const deny = [{ host: "*.evil.test" }, { host: "a.test", port: 8443, methods: ["DELETE"], paths: ["/x/*"] }];
  const manifest = await load(context, {
    bottles: { default: { egress: { packs: PACK_NAMES, deny } } },
    agents: { mine: { provider: "test", deny: [{ host: "b.test" }] } },
  });
  assert.equal(said(manifest), "");
  assert.deepEqual(manifest.bottles.default?.egress, { packs: PACK_NAMES, deny });
  const selected = selectAgent({ agent: "mine", command: null }, manifest, testRack);
  assert.ok(selected.ok);
  const { bottle, deny: own } = selected.selection;
  assert.deepEqual(
    planDeny({ bottle: bottle.egress?.deny ?? [], agent: own, agentBy: "project" }).map((it) => [
      it.id,
      it.source,
      it.host,
      it.port,
    ]),
    [
      ["deny:bottle:0", "operator", "*.evil.test", null],
      ["deny:bottle:1", "operator", "a.test", 8443],
      ["deny:agent:0", "project", "b.test", null],
    ],
  );
});

test("a pack that does not exist is told with its place and what was meant", async (context) => {
  const text = said(await load(context, { bottles: { x: { egress: { packs: ["nmp", "\u001b[2Jzzzzzz"] } } } }));
  assert.match(text, /:6:6: bottles\.x\.egress\.packs\[0\]: no rule pack is called nmp; did you mean npm\?/);
  assert.match(text, /packs\[1\]: no rule pack is called .*; there is: npm, pypi/);
  assert.ok(!text.includes("\u001b"));
});

test("a rule that denies nothing, or something else than it says, is a problem", async (context) => {
  for (const [deny, words] of [
    [{}, /deny\[0\]\.host: host is missing/],
    [{ host: "A.test" }, /deny\[0\]\.host: write it as a\.test/],
    [{ host: "a.test", methods: [] }, /methods: too small/],
    [{ host: "a.test", methods: ["FETCH"] }, /methods\[0\]: not one of GET/],
    [{ host: "a.test", methods: ["get"] }, /methods\[0\]: not one of GET/],
    [{ host: "a.test", paths: ["x"] }, /a path starts with/],
    [{ host: "a.test", paths: ["/a*"] }, /whole segment/],
    [{ host: "a.test", mode: "splice" }, /unknown key "mode"/],
    [{ host: "a.test", path: "/x" }, /did you mean paths\?/],
  ] as const) {
    const manifest = await load(context, { bottles: { x: { egress: { deny: [deny] } } } });
    assert.match(said(manifest), words);
    assert.deepEqual(manifest.broken.bottles, ["x"]);
  }
});

test("what becomes of cookies is read, planned and shown, and means nothing for a spliced connection", async (context) => {
  const rules = [{ host: "a.test", cookies: "pass" }, { host: "b.test", cookies: "drop" }, { host: "c.test" }] as const;
  const manifest = await load(context, { bottles: { default: { egress: { rules } } } });
  assert.equal(said(manifest), "");
  const operator = manifest.bottles.default?.egress?.rules ?? [];
  const planned = planRules({ extra: [], operator, agent: [], packs: [], allow: [], caPems: {}, home: "" }).rules;
  assert.deepEqual(
    planned.map(({ cookies }) => cookies),
    ["pass", "drop", undefined],
  );
  assert.deepEqual(
    planned.map((rule) => /cookies pass|no cookies/.exec(ruleLine(rule))?.[0]),
    ["cookies pass", "no cookies", undefined],
  );
  const wrong = [
    { host: "a.test", cookies: true },
    { host: "b.test", mode: "splice", cookies: "pass" },
  ];
  const text = said(await load(context, { bottles: { default: { egress: { rules: wrong } } } }));
  assert.match(text, /rules\[0\]\.cookies: /);
  assert.match(text, /rules\[1\]\.cookies: .*has no meaning there/);
});

test("what asks is said in the manifest, and only where it has a meaning", async (context) => {
  const egress = { default: "ask", askTimeout: 30, rules: [{ host: "a.test", ask: true }] };
  const sound = await load(context, { bottles: { default: { egress } } });
  assert.equal(said(sound), "");
  assert.deepEqual(planAsk(sound.bottles.default?.egress), { ask: { unlisted: true, timeoutMs: 30_000 } });
  assert.deepEqual(planAsk({ default: "deny" }), {});
  assert.deepEqual(planAsk({ askTimeout: 5 }), { ask: { unlisted: false, timeoutMs: 5000 } });
  const wrong = await load(context, {
    bottles: {
      one: { egress: { default: "allow" } },
      two: { egress: { askTimeout: 0 } },
      three: { egress: { rules: [{ host: "a.test", ask: false }] } },
      four: { egress: { rules: [{ host: "a.test", mode: "splice", ask: true }] } },
    },
  });
  assert.deepEqual([...wrong.broken.bottles].sort(), ["four", "one", "three", "two"]);
  assert.match(said(wrong), /leave `ask` out for a rule that does not ask/);
  assert.match(said(wrong), /`ask` has no meaning there/);
});
