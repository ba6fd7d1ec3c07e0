import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { providers } from "../../../src/agents/providers.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { manifestKeys } from "../../../src/core/model/manifest-keys.ts";
import { selectAgent } from "../../../src/core/plan/selection.ts";
import { manifestPlace, said } from "../../support/manifest-place.ts";
import { testRack } from "../../support/manifest-rack.ts";

async function refusal(promise: Promise<unknown>): Promise<BottleError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof BottleError);
    return error;
  }
  assert.fail("the manifest was accepted");
}

test("without a file there is nothing, and nothing is wrong", async (context) => {
  const manifest = await manifestPlace(context).load();
  assert.deepEqual([manifest.agents, manifest.bottles, manifest.problems], [{}, {}, []]);
});

test("comments and trailing commas are read", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '// mine\n{ "agents": { "a": { "provider": "test", /* x */ }, }, }\n');
  const manifest = await at.load();
  assert.equal(manifest.agents.a?.provider, "test");
  assert.deepEqual(manifest.agents.a?.origin, { by: "operator", file: at.operator });
});

test("every problem is told at once, with line, column, path and what was meant", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.operator,
    `{
  "bottles": {
    "dev": {
      "egres": {},
      "limits": { "memory": "lots", "pids": 1.5 },
      "egress": { "rules": [
        { "host": "api.example.com", "methods": ["get"] },
        { "host": "*", "port": 70000 },
        { "hst": "x.example.com" }
      ] }
    },
    "good": { "limits": { "memory": "1G" } }
  },
  "agents": {
    "Bad Name": { "provider": "test" },
    "a": { "provider": "tset" },
    "b": { "provider": "test", "bottle": "god" }
  }
}`,
  );
  const manifest = await at.load();
  const text = said(manifest);
  for (const line of [
    /:4:7: bottles\.dev\.egres: unknown key "egres" \(did you mean egress\?\)/,
    /:5:29: bottles\.dev\.limits\.memory: a size/,
    /:5:45: bottles\.dev\.limits\.pids: expected a whole number/,
    /:7:50: bottles\.dev\.egress\.rules\[0\]\.methods\[0\]: a method in capital letters/,
    /:8:19: bottles\.dev\.egress\.rules\[1\]\.host: /,
    /:8:32: bottles\.dev\.egress\.rules\[1\]\.port: too large: at most 65535/,
    /:9:9: bottles\.dev\.egress\.rules\[2\]\.host: host is missing/,
    /:9:11: bottles\.dev\.egress\.rules\[2\]\.hst: unknown key "hst" \(did you mean host\?\)/,
    /:15:5: agents\["Bad Name"\]: a name has/,
    /:16:24: agents\.a\.provider: no built-in agent is called tset \(did you mean test\?\)/,
    /:17:42: agents\.b\.bottle: no bottle is called god \(did you mean good\?\)/,
  ]) {
    assert.match(text, line);
  }
});

test("no kind of problem hides another: schema, references, what planning refuses, what has no proper name", async (context) => {
  const at = manifestPlace(context);
  const host = "api.example.com";
  const source = { env: "KEY" };
  const spliced = { host: "c.example.com", port: "x", mode: "splice", methods: ["GET"] };
  const text = {
    bottles: {
      default: {
        workspace: "bind",
        nope: 1,
        env: { HTTPS_PROXY: "x", HALF: `\${A}/b`, FINE: "y", "no name": 5, TOKEN: "mine", OTHER: [] },
        limits: { memory: "1K", pids: "many" },
        credentials: {
          "Bad Name": { source: { env: "A", file: "/x" }, hosts: [], scheme: "bearer" },
          one: { source, hosts: [host], scheme: "bearer", variable: "TOKEN" },
          two: { source, hosts: [host], scheme: { header: { name: "Host" } } },
        },
        egress: {
          rules: [
            { host, port: 70000, credential: "zz" },
            { host, dial: { address: "192.0.2.1", port: 443, ca: "~/none.pem" } },
            { host, port: 853, paths: ["v1"] },
            { host, port: 853 },
            spliced,
            { host: "b.example.com", scheme: "http", credential: "one", hst: 1 },
          ],
        },
      },
      "Bad Bottle": { credentials: { "Also Bad": { scheme: 7 } } },
    },
    agents: { "Bad Agent": { args: "one" }, a: { provider: "tset", bottle: "non", args: "one" } },
  };
  writeFileSync(at.operator, JSON.stringify(text));
  const manifest = await at.load();
  const lines = manifest.problems.map(({ path, message }) => `${path}: ${message}`);
  const has = (pattern: RegExp) =>
    assert.ok(
      lines.some((line) => pattern.test(line)),
      `${pattern}\n${lines.join("\n")}`,
    );
  for (const pattern of [
    /^bottles\.default\.workspace: bind is never a default/,
    /^bottles\.default\.nope: unknown key/,
    /^bottles\.default\.env\.HTTPS_PROXY: this variable is set by bot-bottle/,
    /^bottles\.default\.env\.HALF: .*must stand alone/,
    /^bottles\.default\.env\["no name"\]: not a name for a variable/,
    /^bottles\.default\.env\["no name"\]: expected text/,
    /^bottles\.default\.env\.TOKEN: .*holds the placeholder/,
    /^bottles\.default\.env\.OTHER: expected text/,
    /^bottles\.default\.limits\.memory: too small/,
    /^bottles\.default\.limits\.pids: expected a number/,
    /^bottles\.default\.credentials\["Bad Name"\]: a name has/,
    /^bottles\.default\.credentials\["Bad Name"\]\.source: exactly one/,
    /^bottles\.default\.credentials\["Bad Name"\]\.hosts: too small/,
    /^bottles\.default\.credentials: credentials one and two both claim api\.example\.com/,
    /^bottles\.default\.credentials\.two\.scheme: this header cannot hold a credential/,
    /^bottles\.default\.egress\.rules\[0\]\.port: too large/,
    /^bottles\.default\.egress\.rules\[0\]\.credential: no credential of this bottle is called zz/,
    /^bottles\.default\.egress\.rules\[1\]\.dial\.ca: .*is missing/,
    /^bottles\.default\.egress\.rules\[2\]\.paths\[0\]: a path starts with "\/"/,
    /^bottles\.default\.egress\.rules\[3\]\.port: DNS over TLS/,
    /^bottles\.default\.egress\.rules\[4\]\.port: expected a number/,
    /^bottles\.default\.egress\.rules\[4\]\.methods: a spliced connection/,
    /^bottles\.default\.egress\.rules\[5\]\.hst: unknown key/,
    /^bottles\.default\.egress\.rules\[5\]\.credential: a credential is written over https only/,
    /^bottles\["Bad Bottle"\]: a name has/,
    /^bottles\["Bad Bottle"\]\.credentials\["Also Bad"\]: a name has/,
    /^bottles\["Bad Bottle"\]\.credentials\["Also Bad"\]\.scheme: expected/,
    /^agents\["Bad Agent"\]: a name has/,
    /^agents\["Bad Agent"\]\.args: expected a list/,
    /^agents\.a\.provider: no built-in agent is called tset/,
    /^agents\.a\.bottle: no bottle is called non/,
    /^agents\.a\.args: expected a list/,
  ]) {
    has(pattern);
  }
  assert.ok(!lines.some((line) => line.includes("FINE")));
  assert.equal(new Set(lines).size, lines.length, "a problem is told twice");
});

test("a name is listed once among those that there are", async (context) => {
  const at = manifestPlace(context);
  const agents = { a: { provider: "test", bottle: "nobottle" } };
  writeFileSync(at.operator, JSON.stringify({ bottles: { default: {} }, agents }));
  assert.match(said(await at.load()), /no bottle is called nobottle \(there is: default\)/);
});

test("part B 41: one broken definition does not hide the others, and starting it says what is wrong", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.operator,
    `{ "bottles": { "weak": { "limits": { "cpus": "two" } }, "fine": {} },
       "agents": { "a": { "provider": "test", "bottle": "fine" }, "b": { "provider": "test", "bottle": "weak" }, "test": { "nope": 1 } } }`,
  );
  const manifest = await at.load();
  assert.deepEqual(Object.keys(manifest.agents), ["a", "b"]);
  assert.ok(selectAgent({ agent: "a", command: null }, manifest, testRack).ok);
  for (const agent of ["b", "test"]) {
    // A broken entry for a built-in agent must not fall back to the built-in one, which would run elsewhere.
    const selected = selectAgent({ agent, command: null }, manifest, testRack);
    assert.ok(!selected.ok);
    assert.equal(selected.error.code, "MANIFEST_INVALID");
    assert.match(selected.error.message, /expected a number/);
  }
});

test("a broken default bottle is not replaced by the built-in one", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '{ "bottles": { "default": { "limits": { "cpus": 0 } } } }');
  const selected = selectAgent({ agent: "test", command: null }, await at.load(), testRack);
  assert.ok(!selected.ok);
  assert.equal(selected.error.code, "MANIFEST_INVALID");
});

test("row 23: what cannot be read at all is an error, never an empty manifest", async (context) => {
  const at = manifestPlace(context);
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    "{]",
    '"x"',
    '{ "agnets": {} }',
    '{ "agents": [] }',
    '{"agents":{},"agents":{}}',
    '{ "__proto__": {} }',
  ]) {
    writeFileSync(at.operator, text);
    const error = await refusal(at.load());
    assert.equal(error.code, "MANIFEST_INVALID", text);
    assert.match(error.message, /bot-bottle\.json:\d+:\d+: /, text);
  }
  writeFileSync(at.operator, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
  assert.match((await refusal(at.load())).message, /not UTF-8/);
  rmSync(at.operator);
  mkdirSync(at.operator);
  assert.match((await refusal(at.load())).message, /not a regular file/);
});

test("a key given twice spoils its definition instead of winning unseen", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(
    at.operator,
    '{ "agents": { "a": { "provider": "test", "provider": "plain" }, "b": { "provider": "test" } } }',
  );
  const manifest = await at.load();
  assert.deepEqual(Object.keys(manifest.agents), ["b"]);
  assert.match(said(manifest), /agents\.a\.provider: the key is given twice/);
});

test("an operator's file that others may write is refused", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, "{}");
  chmodSync(at.operator, 0o666);
  assert.match((await refusal(at.load())).message, /written by everybody/);
});

test("what later versions will know is refused in words that say so", async (context) => {
  const at = manifestPlace(context);
  const rules = [
    { host: "a.example.com", leak: "warn" },
    { host: "b.example.com", mode: "tcp" },
  ];
  const bottle = { egress: { rules } };
  writeFileSync(at.operator, JSON.stringify({ bottles: { x: bottle } }));
  const text = said(await at.load());
  for (const path of ["rules[0].leak", "rules[1].mode"]) {
    assert.ok(new RegExp(`${path.replace(/[[\].]/g, "\\$&")}: .*not in this version`).test(text), `${path}\n${text}`);
  }
});

test("prompt, skills, config and git are checked where they stand", async (context) => {
  const at = manifestPlace(context);
  const agents = {
    a: {
      provider: "test",
      prompt: { file: "../up.md" },
      skills: ["", "a/../../b", "fine"],
      config: ["settings", "keys"],
    },
    b: { provider: "test", prompt: { fil: "x" } },
    c: { provider: "test", prompt: 5, skills: "one" },
    d: { provider: "test", prompt: { file: "~/p.md" }, skills: ["/s/x", "~/s/y", "s/z"], config: ["mcp"] },
  };
  const git = { identity: "nobody", name: "a\nb", email: "<x>" };
  writeFileSync(at.operator, JSON.stringify({ bottles: { x: { git }, y: { git: { name: "Bot" } } }, agents }));
  const manifest = await at.load();
  const lines = manifest.problems.map(({ path, message, hint }) => `${path}: ${message} ${hint ?? ""}`).join("\n");
  for (const pattern of [
    /agents\.a\.prompt\.file: a path has no "\.\." in it/,
    /agents\.a\.skills\[0\]: not a path/,
    /agents\.a\.skills\[1\]: a path has no "\.\."/,
    /agents\.a\.config\[1\]: expected "settings" or "memory"/,
    /agents\.b\.prompt\.fil: unknown key "fil" did you mean file\?/,
    /agents\.c\.prompt: expected text, or \{"file": path\}/,
    /agents\.c\.skills: expected a list/,
    /bottles\.x\.git\.identity: expected "host" or "none"/,
    /bottles\.x\.git\.name: no control characters/,
    /bottles\.x\.git\.email: no control characters and no < >/,
  ]) {
    assert.match(lines, pattern, lines);
  }
  assert.deepEqual(Object.keys(manifest.agents), ["d"]);
  const selected = selectAgent({ agent: "d", command: null }, manifest, testRack);
  assert.ok(selected.ok);
  assert.deepEqual(selected.selection.wanted, {
    promptFile: "~/p.md",
    skills: ["/s/x", "~/s/y", "s/z"],
    config: ["mcp"],
  });
});

test("combinations without a meaning are refused", async (context) => {
  const at = manifestPlace(context);
  const host = "a.example.com";
  const rules = [
    { host, mode: "splice", methods: ["GET"] },
    { host, scheme: "http", credential: "c" },
    { host, credential: "missing" },
    { host, dial: { address: "192.0.2.1" } },
    { host, dial: { unix: "/run/x.sock", port: 1 } },
    { host, dial: { address: "example.com", port: 443 } },
    { host, dial: { unix: "relative.sock" } },
    { host, paths: [] },
  ];
  const source = { env: "A", file: "/x" };
  const credentials = {
    c: { source, hosts: [host], scheme: "bearer" },
    d: { source: { command: ["gh"] }, hosts: [], scheme: {} },
  };
  for (const [index, rule] of rules.entries()) {
    writeFileSync(at.operator, JSON.stringify({ bottles: { x: { egress: { rules: [rule] } } } }));
    const manifest = await at.load();
    assert.deepEqual(manifest.broken.bottles, ["x"], JSON.stringify(rules[index]));
  }
  writeFileSync(at.operator, JSON.stringify({ bottles: { x: { credentials }, default: { workspace: "bind" } } }));
  const text = said(await at.load());
  for (const part of [
    /credentials\.c\.source: exactly one/,
    /named by its path/,
    /d\.hosts: too small/,
    /d\.scheme: exactly one/,
    /bind is never a default/,
  ]) {
    assert.match(text, part);
  }
});

test("the certificates of a dial are read with the manifest, and a file without one is a problem", async (context) => {
  const at = manifestPlace(context);
  const bottle = {
    egress: { rules: [{ host: "a.example.com", dial: { address: "192.0.2.1", port: 443, ca: "~/ca.pem" } }] },
  };
  writeFileSync(at.operator, JSON.stringify({ bottles: { x: bottle } }));
  assert.match(said(await at.load()), /dial\.ca: ~\/ca\.pem is missing/);
  writeFileSync(join(at.home, "ca.pem"), "nothing");
  assert.match(said(await at.load()), /holds no PEM certificate/);
  const pem = "-----BEGIN CERTIFICATE-----\nx\n";
  writeFileSync(join(at.home, "ca.pem"), pem);
  const manifest = await at.load();
  assert.deepEqual([said(manifest), manifest.caPems], ["", { "~/ca.pem": pem }]);
});

test("row 141: a project may add an agent with provider and prompt, and it runs in the default bottle", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '{ "bottles": { "strong": {}, "default": { "limits": { "pids": 99 } } } }');
  writeFileSync(at.project, '{ "$schema": "x", "agents": { "helper": { "provider": "test", "prompt": "be kind" } } }');
  const manifest = await at.load();
  assert.equal(said(manifest), "");
  const selected = selectAgent({ agent: "helper", command: null }, manifest, testRack);
  assert.ok(selected.ok);
  const { bottleName, bottle, instructions, origin } = selected.selection;
  assert.deepEqual([bottleName, bottle.limits?.pids, instructions, origin?.by], ["default", 99, "be kind", "project"]);
});

test("row 141: a project may not take the name of a built-in agent, a provider or an operator's agent", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '{ "agents": { "mine": { "provider": "test", "prompt": "original" } } }');
  const agents = Object.fromEntries(
    ["test", "plain", "mine"].map((name) => [name, { provider: "plain", prompt: "evil" }]),
  );
  writeFileSync(at.project, JSON.stringify({ agents }));
  const manifest = await at.load();
  assert.equal(manifest.problems.length, 3);
  assert.deepEqual(manifest.broken.agents, []);
  assert.equal(manifest.agents.mine?.prompt, "original");
  for (const agent of ["test", "mine"]) {
    const selected = selectAgent({ agent, command: null }, manifest, testRack);
    assert.ok(selected.ok && selected.selection.origin?.by !== "project");
  }
});

test("row 141: a project cannot break the operator's agents", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.operator, '{ "agents": { "mine": { "provider": "test" } } }');
  writeFileSync(
    at.project,
    '{ "bottles": { "default": { "limits": { "cpus": 0 } } }, "agents": { "mine": { "nope": 1 }, "test": [], "new": {} } }',
  );
  const manifest = await at.load();
  assert.deepEqual(manifest.broken, { bottles: [], agents: ["new"] });
  assert.ok(selectAgent({ agent: "mine", command: null }, manifest, testRack).ok);
  assert.ok(selectAgent({ agent: "test", command: null }, manifest, testRack).ok);
});

test("row 141: a project's file that is a link is not followed", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(join(at.home, "secret"), "top secret");
  symlinkSync(join(at.home, "secret"), at.project);
  const error = await refusal(at.load());
  assert.match(error.message, /is a link/);
  assert.ok(!error.message.includes("top secret"));
});

test("row 129: text of a file reaches a message only escaped", async (context) => {
  const at = manifestPlace(context);
  writeFileSync(at.project, JSON.stringify({ "\u001b[2J\u202e": 1 }));
  assert.ok(!/[\u001b\u202e]/.test(said(await at.load())));
});

test("every example is a sound manifest of the built-in agents", async (context) => {
  const folder = join(import.meta.dirname, "../../../examples");
  const names = readdirSync(folder);
  assert.ok(names.length >= 4);
  for (const name of names) {
    const at = manifestPlace(context);
    writeFileSync(at.operator, readFileSync(join(folder, name)));
    const manifest = await at.load(providers);
    assert.equal(said(manifest), "", name);
    for (const agent of Object.keys(manifest.agents))
      assert.ok(selectAgent({ agent, command: null }, manifest, providers).ok);
  }
});

test("every key is described", () => {
  for (const { path, node } of manifestKeys()) assert.ok((node.description ?? "").length > 5, path.join("."));
});

test("row 141: a project's file costs time in line with its length, however many problems it has", async (context) => {
  const at = manifestPlace(context);
  /** Processor time in ms of reading a file with so many broken agents. */
  const cost = async (count: number) => {
    const agents = Object.fromEntries(
      Array.from({ length: count }, (_, index) => [`Bad${index}`, { provider: "test" }]),
    );
    writeFileSync(at.project, JSON.stringify({ agents }));
    const before = process.cpuUsage();
    assert.equal((await at.load()).problems.length, count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await cost(1000);
  const [small, large] = [await cost(2000), await cost(16_000)];
  // 8 times as many; the square would be 64 times as much.
  assert.ok(large < 16 * small, `${small} ms, then ${large} ms`);
});
