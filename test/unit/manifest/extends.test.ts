import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import type { BottleDefinition } from "../../../src/core/model/definition.ts";
import { type BottleShelf, lineageFaults, mergeBottle } from "../../../src/core/plan/inheritance.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { manifestPlace, said } from "../../support/manifest-place.ts";
import { testRack } from "../../support/manifest-rack.ts";
import fc from "../../support/properties.ts";

const rule = (host: string) => ({ host });
const hosts = (bottle: BottleDefinition | undefined) => (bottle?.egress?.rules ?? []).map(({ host }) => host);

test("the child wins: words replace, maps merge by key, rules are joined with the child's first", () => {
  const shelf: BottleShelf = {
    base: {
      backend: "one",
      workspace: "bind",
      env: { A: "base", B: { value: "base", expose: true } },
      egress: { rules: [rule("base.example.com")] },
      limits: { memory: "1G", cpus: 1 },
      credentials: {
        k: { source: { env: "BASE" }, hosts: ["base.example.com"], scheme: "bearer", variable: "TOKEN" },
        l: { source: { env: "L" }, hosts: ["l.example.com"], scheme: "bearer" },
      },
    },
    child: {
      extends: "base",
      backend: "two",
      env: { B: "child", C: "child" },
      egress: { rules: [rule("child.example.com")] },
      limits: { cpus: 4 },
      credentials: { k: { source: { file: "/k" }, hosts: ["child.example.com"], scheme: "bearer" } },
    },
  };
  const { definition, from, lineage } = mergeBottle("child", shelf);
  assert.deepEqual(definition, {
    backend: "two",
    workspace: "bind",
    env: { A: "base", B: "child", C: "child" },
    egress: { rules: [rule("child.example.com"), rule("base.example.com")] },
    limits: { memory: "1G", cpus: 4 },
    credentials: {
      // Replaced as a whole: half of one and half of the other would send a secret where neither said.
      k: { source: { file: "/k" }, hosts: ["child.example.com"], scheme: "bearer" },
      l: { source: { env: "L" }, hosts: ["l.example.com"], scheme: "bearer" },
    },
  });
  assert.deepEqual(lineage, ["child", "base"]);
  assert.deepEqual(
    [from["limits.memory"], from["limits.cpus"], from["egress.rules[1]"], from["credentials.k"], from["env.B"]],
    ["base", "child", "base", "child", "child"],
  );
});

test("of several the first counts most, and what is reached twice counts once, behind all that build on it", () => {
  const shelf: BottleShelf = {
    root: { limits: { memory: "1G", pids: 100, tmp: "1M" }, egress: { rules: [rule("root.example.com")] } },
    left: { extends: "root", limits: { memory: "2G" }, egress: { rules: [rule("left.example.com")] } },
    right: { extends: ["root"], limits: { memory: "3G", pids: 300 }, egress: { rules: [rule("right.example.com")] } },
    child: { extends: ["left", "right", "left"] },
  };
  const { definition, lineage } = mergeBottle("child", shelf);
  assert.deepEqual(lineage, ["child", "left", "right", "root"]);
  assert.deepEqual(definition.limits, { memory: "2G", pids: 300, tmp: "1M" });
  assert.deepEqual(hosts(definition), ["left.example.com", "right.example.com", "root.example.com"]);
});

test("property: any web of bottles is merged or refused, each ancestor once, and no rule is lost or made", () => {
  const names = ["a", "b", "c", "d", "e", "default", "constructor"];
  const parents = fc.uniqueArray(fc.constantFrom(...names, "gone"), { maxLength: 3 });
  fc.assert(
    fc.property(fc.tuple(...names.map(() => parents)), (all) => {
      const shelf = Object.fromEntries(
        names.map((name, at) => [name, { extends: all[at] ?? [], egress: { rules: [rule(`${name}.example.com`)] } }]),
      );
      for (const name of names) {
        if (lineageFaults(name, shelf, []).length > 0) continue;
        const { definition, lineage } = mergeBottle(name, shelf);
        assert.equal(lineage[0], name);
        assert.equal(new Set(lineage).size, lineage.length);
        assert.deepEqual(
          hosts(definition),
          lineage.map((ancestor) => `${ancestor}.example.com`),
        );
        for (const [at, ancestor] of lineage.entries()) {
          const { extends: above = [] } = shelf[ancestor] ?? {};
          for (const parent of above) assert.ok(lineage.indexOf(parent) > at, `${lineage} from ${JSON.stringify(all)}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("unknown names, circles and a broken parent are told with place and what was meant; others work", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.operator,
    `{ "bottles": {
  "base": { "limits": { "memory": "1G" } },
  "typo": { "extends": "bse" },
  "one": { "extends": "two" },
  "two": { "extends": ["base", "three"] },
  "three": { "extends": "one" },
  "weak": { "limits": { "cpus": "two" } },
  "on-weak": { "extends": "weak" },
  "on-on-weak": { "extends": ["base", "on-weak"] },
  "self": { "extends": "self" },
  "odd": { "extends": [7] },
  "fine": { "extends": ["base", "default"] }
}, "agents": { "a": { "provider": "test", "bottle": "on-on-weak" }, "b": { "provider": "test", "bottle": "fine" } } }`,
  );
  const manifest = await at.load();
  const text = said(manifest);
  for (const line of [
    /:3:24: bottles\.typo\.extends: no bottle is called bse \(did you mean base\?\)/,
    /:4:23: bottles\.one\.extends: it builds on itself: one -> two -> three -> one/,
    /:6:25: bottles\.three\.extends: it builds on itself: three -> one -> two -> three/,
    /:8:27: bottles\.on-weak\.extends: it builds on weak, which has problems/,
    /:9:30: bottles\.on-on-weak\.extends: it builds on on-weak, which has problems/,
    /:10:24: bottles\.self\.extends: it builds on itself: self -> self/,
    /:11:\d+: bottles\.odd\.extends/,
  ]) {
    assert.match(text, line);
  }
  assert.deepEqual(Object.keys(manifest.bottles).sort(), ["base", "fine"]);
  assert.equal(manifest.bottles.fine?.limits?.memory, "1G");
  assert.deepEqual(manifest.bottles.fine?.inherited, { "limits.memory": "base" });
  const broken = selectAgent({ agent: "a", command: null }, manifest, testRack);
  assert.ok(!broken.ok && broken.error.code === "MANIFEST_INVALID");
  assert.ok(selectAgent({ agent: "b", command: null }, manifest, testRack).ok);
});

test("what only the whole has wrong is told at `extends`; a rule may name an inherited credential", async (context) => {
  const at = manifestPlace(context);
  const key = { source: { env: "KEY" }, hosts: ["api.example.com"], scheme: "bearer" };
  writeFileSync(
    at.operator,
    JSON.stringify({
      bottles: {
        base: { workspace: "bind", env: { TOKEN: "mine" }, credentials: { key } },
        fine: { extends: "base", egress: { rules: [{ host: "api.example.com", credential: "key" }] } },
        none: { extends: "base", egress: { rules: [{ host: "api.example.com", credential: "kez" }] } },
        clash: { extends: "base", credentials: { other: key } },
        taken: { extends: "base", credentials: { key: { ...key, variable: "TOKEN" } } },
        default: { extends: "base" },
      },
    }),
  );
  const manifest = await at.load();
  const text = said(manifest);
  assert.deepEqual(Object.keys(manifest.bottles), ["base", "fine"], text);
  assert.match(
    text,
    /bottles\.none\.egress\.rules\[0\]\.credential: no credential .* called kez \(did you mean key\?\)/,
  );
  assert.match(
    text,
    /bottles\.clash\.extends: with what it builds on, credentials: credentials other and key both claim/,
  );
  assert.match(text, /bottles\.taken\.extends: with what it builds on, env\.TOKEN of base: .*placeholder/);
  assert.match(text, /bottles\.default\.extends: bind is never a default/);
});

test("a long line of bottles is refused, and a file full of them costs little", async (context) => {
  const at = manifestPlace(context);
  const count = 3000;
  const bottles = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`b${index}`, index === 0 ? {} : { extends: `b${index - 1}` }]),
  );
  writeFileSync(at.operator, JSON.stringify({ bottles }));
  const manifest = await at.load();
  assert.match(said(manifest), /bottles\.b40\.extends: it builds on (?:more than 32 bottles|b39, which has problems)/);
  assert.equal(Object.keys(manifest.bottles).length, 33);
});

test("a repository of the git gate is one thing: a child's own takes the place of its parent's whole", () => {
  const url = "https://host.test/o/r";
  const credential = { source: { env: "TOKEN" } };
  const shelf: BottleShelf = {
    base: { git: { name: "A", repos: { app: { url, credential }, lib: { url: `${url}2` } } } },
    child: { extends: "base", git: { repos: { app: { url: "https://other.test/o/r" } } } },
  };
  assert.deepEqual(mergeBottle("child", shelf).definition.git, {
    name: "A",
    repos: { app: { url: "https://other.test/o/r" }, lib: { url: `${url}2` } },
  });
});

test("a start may name another bottle definition; one that is not defined is named in the refusal", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.operator,
    `{ "bottles": { "strict": { "limits": { "memory": "1G" } } }, "agents": { "a": { "provider": "test" } } }`,
  );
  const manifest = await at.load();
  const chosen = selectAgent({ agent: "a", command: null, bottle: "strict" }, manifest, testRack);
  assert.ok(chosen.ok && chosen.selection.bottleName === "strict");
  assert.equal(chosen.selection.bottle.limits?.memory, "1G");
  const missing = selectAgent({ agent: "a", command: null, bottle: "other" }, manifest, testRack);
  assert.ok(!missing.ok);
  assert.match(missing.error.message, /no bottle is defined as other/);
});
