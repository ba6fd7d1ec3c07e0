import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_MANIFEST, type Manifest } from "../../../src/core/model/definition.ts";
import type { EgressRule } from "../../../src/core/model/policy.ts";
import { bottlePlaces, ruleWriters } from "../../../src/core/plan/provenance.ts";
import { planRules } from "../../../src/core/plan/rules.ts";
import { originOf } from "../../../src/core/plan/why.ts";

const operator = { by: "operator", file: "/o.json" } as const;
const project = { by: "project", file: "/p.json", trusted: true } as const;
const hosts = (...names: string[]) => ({ rules: names.map((host) => ({ host })) });

const manifest: Manifest = {
  ...EMPTY_MANIFEST,
  bottles: {
    default: { egress: hosts("d0.example.com", "d1.example.com"), origin: operator },
    dev: {
      egress: hosts("dev.example.com", "base0.example.com", "base1.example.com"),
      origin: operator,
      inherited: { "egress.rules[1]": "base", "egress.rules[2]": "base" },
    },
    ci: {
      egress: hosts("ci.example.com", "mid.example.com", "d0.example.com", "d1.example.com"),
      origin: project,
      inherited: { "egress.rules[1]": "mid", "egress.rules[2]": "default", "egress.rules[3]": "default" },
    },
  },
};

function rulesOf(name: string): readonly EgressRule[] {
  const bottle = manifest.bottles[name];
  assert.ok(bottle !== undefined);
  const none = { extra: [], agent: [], packs: [], allow: [], caPems: {}, home: "" };
  return planRules({ ...none, operator: bottle.egress?.rules ?? [], writers: ruleWriters(bottle) }).rules;
}

const told = (name: string) =>
  rulesOf(name).map((rule) => originOf(rule, { ...bottlePlaces(name, manifest), agent: "a", agentFile: null }));

test("a rule is told by the bottle and file that it was written in, by its place there", () => {
  assert.deepEqual(told("dev"), [
    "bottles.dev.egress.rules[0] of /o.json",
    "bottles.base.egress.rules[0] of /o.json, on which dev builds",
    "bottles.base.egress.rules[1] of /o.json, on which dev builds",
  ]);
  assert.deepEqual(told("ci"), [
    "bottles.ci.egress.rules[0] of /p.json",
    "bottles.mid.egress.rules[0] of /p.json, on which ci builds",
    "bottles.default.egress.rules[0] of /o.json, on which ci builds",
    "bottles.default.egress.rules[1] of /o.json, on which ci builds",
  ]);
  assert.deepEqual(told("default")[1], "bottles.default.egress.rules[1] of /o.json");
});

test("row 156: a project's rules are marked as the project's, those of the operator's `default` stay the operator's", () => {
  assert.deepEqual(
    rulesOf("ci").map(({ id, source }) => [id, source]),
    [
      ["project:0", "project"],
      ["project:1", "project"],
      ["operator:2", "operator"],
      ["operator:3", "operator"],
    ],
  );
  assert.ok(rulesOf("dev").every(({ source }) => source === "operator"));
});
