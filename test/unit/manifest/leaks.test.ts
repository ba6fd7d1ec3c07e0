import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { mergeBottle } from "../../../src/core/plan/inheritance.ts";
import { manifestPlace, said } from "../../support/manifest-place.ts";

const LEAKS = {
  action: "redact",
  opaque: "deny",
  level: "strict",
  allow: ["0123456789abcdef"],
  ignore: ["jwt"],
  secrets: [{ env: "A" }, { file: "~/never" }],
  canary: false,
} as const;

test("what is said of leaks is read as it stands", async (context) => {
  const at = manifestPlace(context);
  const rules = [{ host: "a.test", leaks: { action: "ask", opaque: "allow" } }];
  const env = { A: { value: `\${A}`, secret: true } };
  writeFileSync(at.operator, JSON.stringify({ bottles: { default: { env, egress: { leaks: LEAKS, rules } } } }));
  const manifest = await at.load();
  assert.equal(said(manifest), "");
  assert.deepEqual(manifest.bottles.default?.egress, { leaks: LEAKS, rules });
  assert.deepEqual(manifest.bottles.default?.env, env);
});

test("each key of leaks is checked", async (context) => {
  const at = manifestPlace(context);
  for (const [leaks, words] of [
    [{ action: "forgive" }, /leaks\.action/],
    [{ opaque: "ask" }, /leaks\.opaque/],
    [{ level: "high" }, /leaks\.level/],
    [{ allow: ["0123"] }, /a fingerprint has 16 hex digits/],
    [{ allow: "0123456789abcdef" }, /leaks\.allow/],
    [{ ignore: ["Not an id"] }, /the id of a token format/],
    [{ secrets: [{}] }, /exactly one of its keys/],
    [{ secrets: [{ env: "A", file: "/x" }] }, /exactly one of its keys/],
    [{ secrets: [{ file: "relative" }] }, /a path starts with/],
    [{ secrets: [{ command: ["/bin/x"] }] }, /unknown key "command"/],
    [{ canary: "no" }, /leaks\.canary/],
    [{ canarie: false }, /did you mean canary\?/],
  ] as const) {
    writeFileSync(at.operator, JSON.stringify({ bottles: { x: { egress: { leaks } } } }));
    const manifest = await at.load();
    assert.match(said(manifest), words);
    assert.deepEqual(manifest.broken.bottles, ["x"]);
  }
  for (const [rule, words] of [
    [{ host: "a.test", leaks: { action: "forgive" } }, /rules\[0\]\.leaks\.action/],
    [{ host: "a.test", leaks: { allow: ["0123456789abcdef"] } }, /unknown key "allow"/],
    [{ host: "a.test", mode: "splice", leaks: { action: "warn" } }, /`leaks` has no meaning there/],
  ] as const) {
    writeFileSync(at.operator, JSON.stringify({ bottles: { x: { egress: { rules: [rule] } } } }));
    assert.match(said(await at.load()), words);
  }
});

test("a bottle that builds on another replaces words on leaks and adds to the lists", () => {
  const { definition, from } = mergeBottle("child", {
    base: { egress: { leaks: LEAKS } },
    child: { extends: "base", egress: { leaks: { action: "block", allow: ["fedcba9876543210"] } } },
  });
  assert.deepEqual(definition.egress?.leaks, {
    ...LEAKS,
    action: "block",
    allow: ["fedcba9876543210", "0123456789abcdef"],
  });
  assert.equal(from["egress.leaks.opaque"], "base");
});
