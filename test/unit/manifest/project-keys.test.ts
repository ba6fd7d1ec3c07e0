import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { ACTION_NAMES } from "../../../src/core/model/dashboard-keys.ts";
import { manifestKeys } from "../../../src/core/model/manifest-keys.ts";
import { forbiddenKeys, forbiddenValues, SPEAKERS } from "../../../src/core/plan/project-file.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { manifestPlace, said } from "../../support/manifest-place.ts";
import { testRack } from "../../support/manifest-rack.ts";

/** A document that holds nothing but the key at `path`. */
function documentWith(path: readonly string[]): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return "value";
  if (first === "[]") return [documentWith(rest)];
  return { [first === "<name>" ? "some-name" : first]: documentWith(rest) };
}

/** As the table writes it: `bottles.<name>.egress.rules[].host`. */
const keyOf = (path: readonly string[]) => path.join(".").replaceAll(".[]", "[]");
const keys = [...new Map(manifestKeys().map(({ path }) => [keyOf(path), path]))];

/** What everybody may say, written down a second time: to widen it, both places must be changed. */
const HARMLESS = [
  "$schema",
  "agents",
  "agents.<name>.provider",
  "agents.<name>.prompt",
  "agents.<name>.prompt.file",
  "agents.<name>.skills",
  ...["", "[].host", "[].port", "[].methods", "[].paths"].map((key) => `agents.<name>.deny${key}`),
];

/** What reaches for this host, whoever trusts the file; written down a second time too. */
const HOST_REACHING = [
  ...["", ".command", ".events", ".terminal", ".stallMinutes", ".diskFree"].map((key) => `notify${key}`),
  "dashboard",
  "dashboard.keys",
  "dashboard.mouse",
  ...ACTION_NAMES.map((action) => `dashboard.keys.${action}`),
  ...["command", "config"].map((key) => `agents.<name>.${key}`),
  ...["", ".address", ".port", ".unix", ".ca"].map((key) => `bottles.<name>.egress.rules[].dial${key}`),
  ...["source.file", "source.command"].map((key) => `bottles.<name>.credentials.<name>.${key}`),
  "bottles.<name>.env.<name>.expose",
  "bottles.<name>.env.<name>.secret",
  ...["", ".action", ".opaque"].map((key) => `bottles.<name>.egress.rules[].leaks${key}`),
  ...[
    "",
    ".action",
    ".opaque",
    ".level",
    ".allow",
    ".ignore",
    ".secrets",
    ".secrets[].env",
    ".secrets[].file",
    ".canary",
  ].map((key) => `bottles.<name>.egress.leaks${key}`),
  "bottles.<name>.workspace.include",
  ...["image", "runtime", "placement"].map((key) => `bottles.<name>.${key}`),
  ...["", "url", "key", "hostKey", "ca", "branches", "tags", "protect", "ask", "secrets", "limits", "credential"].map(
    (key) => `bottles.<name>.git.repos${key === "" ? "" : `.<name>.${key}`}`,
  ),
  ...["limits.pack", "limits.refs", "limits.seconds", "credential.username", "credential.source"].map(
    (key) => `bottles.<name>.git.repos.<name>.${key}`,
  ),
  ...["source", "deployKey.token", "githubApp.key"].flatMap((place) =>
    ["env", "file", "command"].map((key) => `bottles.<name>.git.repos.<name>.credential.${place}.${key}`),
  ),
  ...["", ".token", ".api", ".ca"].map((key) => `bottles.<name>.git.repos.<name>.credential.deployKey${key}`),
  ...["", ".app", ".installation", ".key", ".api"].map(
    (key) => `bottles.<name>.git.repos.<name>.credential.githubApp${key}`,
  ),
  // What may be spent.
  ...["", ".usd", ".tokens", ".perDay", ".perDay.usd", ".perDay.tokens", ".warnAt", ".atLimit"].map(
    (key) => `bottles.<name>.budget${key}`,
  ),
  "bottles.<name>.prices",
  ...["input", "output", "cacheRead", "cacheWrite", "cacheWriteLong"].map(
    (key) => `bottles.<name>.prices.<name>.${key}`,
  ),
  ...["tools[].path", "tools[].bin", "caches", "caches.go"].map((key) => `bottles.<name>.${key}`),
];

test("row 141: every key of the schema has a decision on who may say it", () => {
  const undecided = keys.map(([key]) => key).filter((key) => !Object.hasOwn(SPEAKERS, key));
  assert.deepEqual(undecided, [], "decide in core/plan/project-file.ts");
});

for (const [key, path] of keys) {
  if (HARMLESS.includes(key)) {
    test(`row 141: any project's file may hold ${key}`, () => {
      assert.deepEqual(forbiddenKeys(documentWith(path), false), []);
    });
    continue;
  }
  test(`row 141: an untrusted project's file may not hold ${key}`, async (context) => {
    const at = manifestPlace(context);
    writeFileSync(at.project, JSON.stringify(documentWith(path)));
    const manifest = await at.load();
    assert.match(
      said(manifest),
      /(?:only a trusted|a) project's file may (?:not )?say this \(.*move it to your own file/,
    );
    assert.deepEqual([manifest.bottles, manifest.agents], [{}, {}]);
  });
  const own = HOST_REACHING.includes(key);
  test(`row 141: a trusted project's file ${own ? "may not" : "may"} hold ${key}`, async (context) => {
    const at = manifestPlace(context);
    writeFileSync(at.project, JSON.stringify(documentWith(path)));
    await at.trust();
    const manifest = await at.load();
    assert.equal(manifest.project?.standing, "trusted");
    assert.equal(/project's file may not say this/.test(said(manifest)), own, said(manifest));
  });
}

test("row 141: a key of a later schema is refused in a project's file, trusted or not, and a slip is told as one", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.project,
    '{ "agents": { "n": { "provider": "test", "promt": "x" }, "m": { "provider": "test", "skills": [{ "x": 1 }] } }, "later": true }',
  );
  for (const standing of ["untrusted", "trusted"]) {
    const manifest = await at.load();
    assert.equal(manifest.project?.standing, standing);
    const text = said(manifest);
    assert.match(text, /agents\.n\.promt: unknown key "promt" \(did you mean prompt\?\)/);
    assert.match(text, /later: unknown key "later"/);
    assert.match(text, /agents\.m\.skills\[0\]: a project's file may not say this/);
    assert.equal(manifest.problems.length, 3, text);
    assert.deepEqual(manifest.agents, {});
    await at.trust();
  }
});

test("row 141: where a word is allowed, nothing that holds more is", () => {
  for (const agent of [
    { prompt: { text: "x" } },
    { prompt: { file: { x: 1 } } },
    { provider: { x: 1 } },
    { skills: { x: 1 } },
    { skills: [{ x: 1 }] },
    { deny: [{ host: { x: 1 } }] },
    { deny: { "[]": { host: "x", evil: 1 } } },
    { deny: [[{ dial: 1 }]] },
  ]) {
    const found = forbiddenKeys({ agents: { n: agent } }, false);
    assert.equal(found.length, 1, JSON.stringify(agent));
    assert.equal(forbiddenKeys({ agents: { n: agent } }, true).length, 1, JSON.stringify(agent));
  }
});

test("row 140: bind is no word for a project's file", () => {
  assert.deepEqual(forbiddenValues({ bottles: { a: { workspace: "bind" }, b: { workspace: { mode: "bind" } } } }), [
    ["bottles", "a", "workspace"],
    ["bottles", "b", "workspace", "mode"],
  ]);
  assert.deepEqual(forbiddenValues({ bottles: { a: { workspace: "copy" }, b: [] } }), []);
});

test("row 141: a project's agent may deny itself more, and nothing else about ways out", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '{ "bottles": { "default": { "egress": { "deny": [{ "host": "a.example.com" }] } } } }');
  const helper = { provider: "test", deny: [{ host: "*.example.com", paths: ["/x"] }] };
  writeFileSync(at.project, JSON.stringify({ agents: { helper } }));
  const manifest = await at.load();
  assert.equal(said(manifest), "");
  const selected = selectAgent({ agent: "helper", command: null }, manifest, testRack);
  assert.ok(selected.ok);
  assert.deepEqual(selected.selection.deny, helper.deny);
  assert.deepEqual(selected.selection.bottle.egress?.deny, [{ host: "a.example.com" }]);
  writeFileSync(
    at.project,
    JSON.stringify({ agents: { helper: { ...helper, deny: [{ host: "x.test", allow: true }] } } }),
  );
  assert.match(said(await at.load()), /allow: unknown key "allow"/);
});
