import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_MANIFEST, type Manifest } from "../../../src/core/model/definition.ts";
import type { HostFacts } from "../../../src/core/model/host-facts.ts";
import { manifestKeys } from "../../../src/core/model/manifest-keys.ts";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import { powersOf } from "../../../src/core/plan/powers.ts";
import { forbiddenKeys } from "../../../src/core/plan/project-file.ts";
import { projectPathParts } from "../../../src/core/plan/project-paths.ts";
import { resolvePlan } from "../../../src/core/plan/resolve.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { changesSince } from "../../../src/core/plan/trust.ts";
import type { ReadProject } from "../../../src/state/manifest-project.ts";
import { readOperator, readProjectFile } from "../../../src/state/manifest-sides.ts";
import { formatTrust, parseTrust } from "../../../src/state/trust-format.ts";
import { testRack } from "../../support/manifest-rack.ts";
import fc from "../../support/properties.ts";

const RUNS = { numRuns: 300 };
const PROJECT = "/home/op/project";

/** Words of the schema, names that exist, and what tricks are made of. */
const words = [...new Set(manifestKeys().flatMap(({ path }) => path))].filter(
  (word) => word !== "<name>" && word !== "[]",
);
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("default", "strong", "mine", "test", "new", "n", "[]", "<name>", "constructor"),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);
const leaf = fc.oneof(
  fc.constantFrom(
    "test",
    "plain",
    "strong",
    "default",
    "mine",
    "evil.example.com",
    "bind",
    `\${AWS_SECRET}`,
    "?pw",
    "GET",
  ),
  fc.string({ maxLength: 8 }),
  fc.integer({ min: 0, max: 70_000 }),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
  ),
}));
/** Mostly the shape of a manifest, so that much of it passes the schema. */
const some = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[] = []) =>
  fc.record<T, keyof T>(shape, { requiredKeys });
/** One wrong word spoils a whole definition, and a spoilt one shows nothing. */
const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: good }, { weight: 1, arbitrary: bad });
const host = fc.constantFrom("evil.example.com", "*.example.com");
const dial = fc.constant({ address: "192.0.2.1", port: 443 });
const rule = mostly<object>(fc.record({ host }), fc.record({ host, dial }));
const credential = fc.record({
  source: mostly<object>(
    fc.constant({ env: "AWS_SECRET" }),
    fc.constantFrom({ file: "/etc/shadow" }, { command: ["/bin/id"] }),
  ),
  hosts: fc.constant(["evil.example.com"]),
  scheme: fc.constant("bearer"),
});
const value = mostly<unknown>(
  fc.constantFrom("x", `\${AWS_SECRET}`, "?pw", { value: "z" }),
  fc.constant({ value: `\${AWS_SECRET}`, expose: true }),
);
const shaped = some({
  extends: mostly<unknown>(fc.constant("default"), fc.constantFrom("strong", "new", ["default", "other"])),
  workspace: mostly(fc.constant("copy"), fc.constant("bind")),
  egress: fc.record({ rules: fc.array(rule, { minLength: 1, maxLength: 2 }) }),
  env: fc.dictionary(fc.constantFrom("A", "B"), value, { maxKeys: 1 }),
  credentials: fc.dictionary(fc.constantFrom("k", "l"), credential, { maxKeys: 1 }),
  limits: fc.constantFrom({ memory: "1G" }, {}),
});
const bottle = fc.oneof({ weight: 1, arbitrary: tree }, { weight: 8, arbitrary: shaped });
const provider = fc.constantFrom("test", "plain");
const prompt = fc.string({ maxLength: 8 });
const agent = fc.oneof(
  { weight: 1, arbitrary: tree },
  { weight: 4, arbitrary: some({ provider, prompt }, ["provider"]) },
  {
    weight: 4,
    arbitrary: some(
      {
        provider,
        bottle: fc.constantFrom("default", "strong", "new", "new", "new"),
        args: fc.array(fc.string({ maxLength: 4 }), { maxLength: 2 }),
        command: fc.constantFrom("/usr/bin/x", "~/x"),
      },
      ["provider"],
    ),
  },
);
const name = fc.constantFrom("new", "new", "new", "new", "other", "third", "mine", "test", "strong", "default");
const document = fc.oneof(
  { weight: 1, arbitrary: fc.dictionary(key, tree, { maxKeys: 4 }) },
  {
    weight: 4,
    arbitrary: some({
      agents: fc.dictionary(name, agent, { maxKeys: 4 }),
      bottles: fc.dictionary(name, bottle, { maxKeys: 3 }),
    }),
  },
);

/** An agent in a bottle of its own: what only a trusted file may say. */
const trustedDocument = fc.record({
  bottles: some({ new: shaped, other: shaped }, ["new"]),
  agents: fc.record({ a: fc.record({ provider, bottle: fc.constant("new") }) }),
});

const OPERATOR = JSON.stringify({
  bottles: {
    strong: { env: { POWER: "1" }, egress: { rules: [{ host: "strong.example.com" }] } },
    default: { egress: { rules: [{ host: "default.example.com" }] }, limits: { pids: 77 } },
  },
  agents: { mine: { provider: "test", bottle: "strong" } },
});
const operator = await readOperator("/o.json", { kind: "text", text: OPERATOR, mode: 0o600, uid: 0 }, "/home/op", [
  "test",
  "plain",
]);

function manifestOf(value: unknown, standing: "trusted" | "untrusted"): Manifest {
  const project: ReadProject = {
    text: JSON.stringify(value),
    unreadable: null,
    standing: { file: `${PROJECT}/bot-bottle.json`, standing, changed: [], files: {}, note: null },
    set: { project: PROJECT, manifest: "", files: {} },
    pathFaults: [],
  };
  const side = readProjectFile(project, operator, ["test", "plain"]);
  return {
    ...EMPTY_MANIFEST,
    bottles: { ...side.bottles, ...operator.bottles },
    agents: { ...side.agents, ...operator.agents },
    broken: side.broken,
    project: project.standing,
  };
}

const facts: HostFacts = {
  uid: 1000,
  gid: 1000,
  user: "op",
  home: "/home/op",
  platform: "linux",
  arch: "x64",
  kernel: "6.1",
  tools: {},
  node: "/usr/bin/node",
  cgroup: { kind: "v2", root: "/sys/fs/cgroup/x" },
};

/** The plan of an agent, or null where it cannot start. */
function planOf(manifest: Manifest, agent: string): BottlePlan | null {
  const request = {
    ...{ agent, path: PROJECT, workspace: null, backend: null, command: null, prompt: "go", args: [], name: "b1" },
    ...{ labels: {}, allow: [], withoutCgroup: false, dryRun: true, rm: false },
  };
  const selected = selectAgent(request, manifest, testRack);
  if (!selected.ok) return null;
  const resolved = resolvePlan({
    request,
    manifest,
    selection: selected.selection,
    facts,
    binary: { path: "/usr/bin/test-agent", version: "1", origin: "host" },
    candidate: selected.selection.provider.credentials(facts.home)[0] ?? null,
    workspace: PROJECT,
    repository: { kind: "none" },
    protectedFolders: [],
    backend: {
      name: "cage",
      capabilities: { workspace: ["clone", "copy", "bind"], limits: "host", options: [] },
      plan: () => ({}),
    },
    entropy: new Uint8Array(32),
  });
  return resolved.ok ? resolved.plan : null;
}

/** What a start hands out. Everything but words that the agent itself reads. */
function handedOut(plan: BottlePlan): unknown {
  const { agent, files: _, risks: __, definition: ___, ...rest } = plan;
  return { ...rest, agent: { provider: agent.provider, binary: agent.binary, command: agent.command } };
}

test("row 141: whatever an untrusted file says, each of its agents gets exactly what the bare provider gets in `default`", () => {
  let started = 0;
  fc.assert(
    fc.property(document, (value) => {
      const manifest = manifestOf(value, "untrusted");
      assert.deepEqual(manifest.bottles, operator.bottles);
      for (const [agent, { origin, provider = "" }] of Object.entries(manifest.agents)) {
        if (origin.by !== "project") continue;
        const plan = planOf(manifest, agent);
        const bare = planOf({ ...EMPTY_MANIFEST, bottles: operator.bottles }, provider);
        if (plan === null || bare === null) continue;
        started += 1;
        assert.deepEqual(handedOut(plan), handedOut(bare));
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(started > 50, `only ${started} agents started: the property says little`);
});

test("row 141: whatever any project's file says, trusted or not, the operator's agents and the built-in ones stay as they are", () => {
  const before = ["mine", "test", "plain"].map((agent) => planOf(manifestOf({}, "untrusted"), agent));
  fc.assert(
    fc.property(document, fc.constantFrom("trusted" as const, "untrusted" as const), (value, standing) => {
      const manifest = manifestOf(value, standing);
      assert.deepEqual(
        ["mine", "test", "plain"].map((agent) => planOf(manifest, agent)),
        before,
      );
    }),
    RUNS,
  );
});

test("row 141: a trusted file never dials, binds, names a program or a file of this host, or uses the operator's `strong`", () => {
  let started = 0;
  fc.assert(
    fc.property(fc.oneof(document, trustedDocument), (value) => {
      const manifest = manifestOf(value, "trusted");
      for (const [agent, { origin }] of Object.entries(manifest.agents)) {
        const plan = origin.by === "project" ? planOf(manifest, agent) : null;
        if (plan === null) continue;
        if (manifest.agents[agent]?.bottle === "new") started += 1;
        assert.equal(plan.workspace.mode, "copy");
        assert.ok(plan.rules.every(({ dial, host }) => dial === null && host !== "strong.example.com"));
        assert.ok(plan.secrets.every(({ source }) => source.kind === "env" || source.kind === "json-file"));
        assert.ok(plan.envFromHost.every(({ expose }) => !expose));
        assert.equal(plan.agent.binary.path, "/usr/bin/test-agent");
        assert.equal(manifest.agents[agent]?.command, undefined);
        assert.equal(plan.env.POWER, undefined);
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(started > 50, `only ${started} agents started: the property says little`);
});

test("row 141: what is shown before trust is everything that an untrusted file may not say", () => {
  fc.assert(
    fc.property(document, (value) => {
      const shown = powersOf(value).map(({ path }) => path);
      for (const { path } of forbiddenKeys(value, false)) {
        assert.ok(
          shown.some((leafPath) => path.every((part, index) => leafPath[index] === part)),
          JSON.stringify([value, path]),
        );
      }
      // And each part of the text that is beyond is in it, value and all.
      for (const { path, value: text } of powersOf(value)) {
        const found = path.reduce<unknown>((at, part) => (at as Record<string | number, unknown>)[part], value);
        assert.equal(text, JSON.stringify(found));
      }
    }),
    RUNS,
  );
});

test("row 141: a path of a project is parts below it, or refused", () => {
  const piece = fc.oneof(
    fc.constantFrom("..", ".", "", "~", "/", "a", ".git", "\0", "\\", "\n", "*"),
    fc.string({ maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      const parts = projectPathParts(pieces.join("/"));
      if (typeof parts === "string") return;
      assert.ok(parts.length > 0);
      for (const part of parts) assert.ok(part !== "" && part !== "." && part !== ".." && !/[/\0]/.test(part));
      assert.notEqual(parts[0]?.toLowerCase(), ".git");
    }),
    { numRuns: 2000 },
  );
});

test("row 23: a trust record is read back as it was written; anything else, each changed byte included, trusts nothing more", () => {
  const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
  const file = fc.record({ sha256: hash, executable: fc.boolean() });
  const record = fc.record({
    schema: fc.constant(1 as const),
    project: fc.string({ maxLength: 12 }).map((text) => `/${text}`),
    manifest: hash,
    files: fc.dictionary(fc.oneof(fc.string({ maxLength: 8 }), fc.constant("__proto__")), file, { maxKeys: 4 }),
    trustedAt: fc.constant("2026-01-02T03:04:05.000Z"),
  });
  fc.assert(
    fc.property(record, fc.nat(), fc.string({ maxLength: 2 }), (one, at, noise) => {
      const text = formatTrust(one);
      const back = parseTrust(text);
      assert.ok(back.ok);
      assert.deepEqual(back.record, JSON.parse(text));
      assert.deepEqual(changesSince(back.record, one, "m"), []);
      const place = at % text.length;
      const spoilt = parseTrust(`${text.slice(0, place)}${noise}${text.slice(place + 1)}`);
      // Either it is refused, or it is a record that says something else or the very same.
      if (spoilt.ok) assert.equal(formatTrust(spoilt.record), formatTrust(JSON.parse(formatTrust(spoilt.record))));
    }),
    RUNS,
  );
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      assert.equal(parseTrust(text).ok, false);
    }),
    RUNS,
  );
});

test("row 141: a set differs exactly where a hash, a mode or a name does", () => {
  const file = fc.record({ sha256: fc.constantFrom("a", "b"), executable: fc.boolean() });
  const set = fc.record({
    project: fc.constant(PROJECT),
    manifest: fc.constantFrom("x", "y"),
    files: fc.dictionary(fc.constantFrom("p", "q", "constructor", "__proto__"), file),
  });
  fc.assert(
    fc.property(set, set, (one, other) => {
      const changed = changesSince(one, other, "m");
      const same = (path: string) => {
        const [a, b] = [one, other].map(({ files }) => (Object.hasOwn(files, path) ? JSON.stringify(files[path]) : ""));
        return a === b;
      };
      const expected = [
        ...(one.manifest === other.manifest ? [] : ["m"]),
        ...["__proto__", "constructor", "p", "q"].filter((path) => !same(path)),
      ];
      assert.deepEqual(changed, expected);
    }),
    RUNS,
  );
});
