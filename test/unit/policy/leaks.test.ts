import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS } from "../../../src/core/leaks/formats.ts";
import type { LeakAction, LeakFinding } from "../../../src/core/model/leak.ts";
import { describeFinding, findingRemedies, findingTitle, foundText } from "../../../src/core/policy/finding-texts.ts";
import { DEFAULT_LEAKS, judgeLeak, LEAK_ACTIONS, leaksTightened, leakTerms } from "../../../src/core/policy/leaks.ts";
import { opaqueHead, opaqueType } from "../../../src/core/policy/opaque-bodies.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import { policy, rule } from "../../support/core/policies.ts";

const finding = (change: Partial<LeakFinding> = {}): LeakFinding => ({
  kind: "pattern",
  name: "jwt",
  fingerprint: "0123456789abcdef",
  through: [],
  start: 0,
  end: 9,
  ...change,
});
const MASKABLE = { maskable: true, holdable: false };
const terms = (action: LeakAction) => ({ ...DEFAULT_LEAKS, action });

test("rows 105, 119: every action, for every kind of finding, where it can be masked and where not", () => {
  const table = (kind: LeakFinding["kind"]) =>
    LEAK_ACTIONS.map((action) =>
      [true, false].map(
        (maskable) => judgeLeak(terms(action), finding({ kind }), { maskable, holdable: false }).verdict,
      ),
    );
  assert.deepEqual(LEAK_ACTIONS, ["block", "ask", "warn", "redact"]);
  assert.deepEqual(table("pattern"), [
    ["stop", "stop"],
    ["stop", "stop"],
    ["pass", "pass"],
    ["mask", "stop"],
  ]);
  assert.deepEqual(table("known"), [
    ["stop", "stop"],
    ["stop", "stop"],
    ["stop", "stop"],
    ["mask", "stop"],
  ]);
  assert.deepEqual(table("canary").flat(), Array(8).fill("stop"));
  assert.deepEqual(
    (["pattern", "known", "canary"] as const).map(
      (kind) => judgeLeak(terms("block"), finding({ kind }), MASKABLE).reason,
    ),
    ["token-in-request", "secret-in-request", "canary-in-request"],
  );
});

test("rows 105, 119: only a token is asked about, and only where the request can wait", () => {
  const ask = (kind: LeakFinding["kind"], holdable: boolean) =>
    judgeLeak(terms("ask"), finding({ kind }), { maskable: true, holdable }).action;
  assert.deepEqual([ask("pattern", true), ask("pattern", false)], ["asked", "blocked"]);
  assert.deepEqual([ask("known", true), ask("canary", true)], ["blocked", "blocked"]);
});

test("row 119: a fingerprint or a format that is let pass is not written down, and lets no known value pass", () => {
  for (const more of [{ allow: ["0123456789abcdef"] }, { ignore: ["jwt"] }]) {
    const lax = { ...terms("block"), ...more };
    assert.deepEqual(judgeLeak(lax, finding(), MASKABLE), { verdict: "pass", reason: null, action: null });
    assert.equal(judgeLeak(lax, finding({ fingerprint: "fedcba9876543210", name: "other" }), MASKABLE).verdict, "stop");
    for (const kind of ["known", "canary"] as const)
      assert.equal(judgeLeak(lax, finding({ kind, fingerprint: null }), MASKABLE).verdict, "stop");
  }
});

test("a rule's own word goes before the policy's, which goes before the default", () => {
  const said = { action: "warn", opaque: "deny", allow: ["0123456789abcdef"], ignore: ["jwt"] } as const;
  assert.deepEqual(leakTerms(policy([]), null), DEFAULT_LEAKS);
  assert.deepEqual(leakTerms({ ...policy([]), leaks: said }, rule()), said);
  assert.deepEqual(leakTerms({ ...policy([]), leaks: said }, rule({ leaks: { action: "redact", opaque: null } })), {
    ...said,
    action: "redact",
  });
  assert.equal(leakTerms(policy([]), rule({ leaks: { action: null, opaque: "deny" } })).opaque, "deny");
});

test("each part of a policy on leaks is checked", () => {
  const paths = (change: object) => policyProblems({ ...policy([rule()]), ...change }).map(({ path }) => path);
  assert.deepEqual(paths({ leaks: { ...DEFAULT_LEAKS, allow: ["0123456789abcdef"] } }), []);
  assert.deepEqual(paths({ leaks: { ...DEFAULT_LEAKS, action: "x" } }), ["leaks.action"]);
  assert.deepEqual(paths({ leaks: { ...DEFAULT_LEAKS, opaque: "x" } }), ["leaks.opaque"]);
  assert.deepEqual(paths({ leaks: { ...DEFAULT_LEAKS, level: "x" } }), ["leaks.level"]);
  assert.deepEqual(paths({ leaks: { ...DEFAULT_LEAKS, allow: ["x"] } }), ["leaks.allow[0]"]);
  assert.deepEqual(paths({ canaries: [{ name: "a", values: ["1234567"] }] }), ["canaries[0]"]);
  assert.deepEqual(paths({ rules: [rule({ mode: "splice", leaks: { action: null, opaque: null } })] }), [
    "rules[0].leaks",
  ]);
  const bad = JSON.parse('{"action":"x","opaque":"y"}');
  assert.deepEqual(paths({ rules: [rule({ leaks: bad })] }), ["rules[0].leaks.action", "rules[0].leaks.opaque"]);
});

test("row 100: words about findings have type, place and fingerprint, and say what may be done", () => {
  const seen = {
    kind: "pattern",
    name: "github-personal-token",
    fingerprint: "0123456789abcdef",
    where: "body",
  } as const;
  const blocked = { ...seen, through: ["gzip", "base64"], action: "blocked" } as const;
  assert.equal(
    describeFinding(blocked),
    "body holds what looks like: GitHub personal access token [github-personal-token] (gzip in base64), fingerprint 0123456789abcdef",
  );
  assert.match(
    findingRemedies([blocked]).join(),
    /"allow": \["0123456789abcdef"\].*"ignore": \["github-personal-token"\]/,
  );
  assert.deepEqual(
    findingRemedies([
      { ...blocked, kind: "known" },
      { ...blocked, action: "warned" },
    ]),
    [],
  );
  assert.equal(foundText([blocked]), null);
  assert.match(foundText([{ ...blocked, action: "warned" }]) ?? "", /^warned: body holds/);
  assert.equal(foundText(undefined), null);
  for (const { id, name } of FORMATS) assert.equal(findingTitle({ name: id }), name);
  assert.equal(findingTitle({ name: "of-a-later-version" }), "of-a-later-version");
});

test("row 112: text is no opaque body, whatever wrote it", () => {
  for (const type of [
    null,
    "",
    "text/plain",
    "application/json",
    "image/svg+xml",
    "application/x-git-upload-pack-request",
    "multipart/form-data; boundary=x",
    "application/vnd.api+json",
  ])
    assert.equal(opaqueType(type), null, String(type));
  for (const type of [
    "image/png",
    "Application/ZIP; x=1",
    "application/octet-stream",
    "video/mp4",
    "application/grpc+proto",
  ])
    assert.notEqual(opaqueType(type), null, type);
  for (const text of [
    "",
    "{}",
    "P",
    "PKG=1",
    "\ufeffBOM",
    "päckchen",
    "-----BEGIN CERTIFICATE-----",
    "GIF is a word",
    "PACKAGE",
    "BZhou",
  ])
    assert.equal(opaqueHead(Buffer.from(text)), null, text);
});

test("row 135: terms that stop more than others are told from those that stop as much or less", () => {
  const base = { action: "ask", opaque: "allow", allow: ["0123456789abcdef"], ignore: ["jwt"] } as const;
  const one = rule();
  const before = { ...policy([one]), leaks: base, canaries: [{ name: "aws", values: ["12345678"] }] };
  const tightened = (change: object, next = one) =>
    leaksTightened([before, one], [{ ...before, leaks: { ...base, ...change } }, next]);
  for (const change of [
    { action: "redact" },
    { action: "block" },
    { opaque: "deny" },
    { level: "strict" },
    { allow: [] },
    { ignore: [] },
  ])
    assert.equal(tightened(change), true, JSON.stringify(change));
  for (const change of [{}, { action: "warn" }, { level: "default" }, { ignore: ["jwt", "jwe"] }])
    assert.equal(tightened(change), false, JSON.stringify(change));
  assert.equal(tightened({}, rule({ leaks: { action: "block", opaque: null } })), true);
  assert.equal(tightened({ action: "block" }, rule({ leaks: { action: "warn", opaque: null } })), false);
  const canaries = [...before.canaries, { name: "more", values: ["abcdefgh"] }];
  assert.equal(leaksTightened([before, one], [{ ...before, canaries }, one]), true);
  assert.equal(leaksTightened([before, one], [{ ...before, canaries: [] }, one]), false);
});
