import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "jsonc-parser";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const folder = join(import.meta.dirname, "../../../examples");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

interface Example {
  readonly bottles: Record<
    string,
    {
      extends?: string;
      egress?: { rules?: { host?: string }[]; packs?: string[] };
      credentials?: Record<string, unknown>;
      tools?: string[];
    }
  >;
  readonly agents?: Record<string, { bottle?: string; provider?: string; skills?: string[]; config?: string[] }>;
}

/** What the examples say that their readers have in their home. */
function furnish({ home }: Operator): void {
  for (const folder of [".local/bin", ".claude/skills/review"]) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, ".local/bin/uv"), "#!/bin/sh\necho uv of the host\n", { mode: 0o755 });
  writeFileSync(join(home, ".claude/skills/review/SKILL.md"), "---\nname: review\ndescription: reviews\n---\n");
  writeFileSync(join(home, ".claude/settings.json"), '{ "language": "english" }\n');
  writeFileSync(join(home, ".claude/CLAUDE.md"), "Be kind.\n");
}

assert.ok(names.length >= 5, "there are five examples or more");

test("every kind of key that saves writing stands in an example, and each says on top what it is for", () => {
  const texts = names.map((name) => readFileSync(join(folder, name), "utf8"));
  for (const key of ["packs", "tools", "skills", "config", "extends", "deny", "credentials", "limits"])
    assert.ok(
      texts.some((text) => text.includes(`"${key}":`)),
      key,
    );
  for (const [index, text] of texts.entries()) assert.match(text, /^\/\/ [A-Z][^\n]{20,}/, names[index]);
});

for (const name of names) {
  const text = readFileSync(join(folder, name), "utf8");
  const example: Example = parse(text, [], { allowTrailingComma: true });
  const agents = Object.entries(example.agents ?? { claude: { bottle: "default" } });

  test(`${name}: each of its agents gets a plan with all its rules, credentials and limits`, { skip }, async () => {
    using operator = newOperator();
    furnish(operator);
    operator.writeManifest(text);
    for (const [agent, { bottle = "default", provider, skills = [], config = [] }] of agents) {
      // Any program stands for the real agent: none runs.
      const program = provider === "shell" ? [] : ["--command", process.execPath];
      const words = ["start", agent, ...program, "--dry-run", "--format", "json"];
      const run = await operator.bottle(words, { env: { TZ: "UTC" } });
      assert.equal(run.code, 0, run.stderr);
      assert.equal(run.stderr, "");
      const plan: {
        rules: { host: string; source: string; id: string }[];
        credentials: unknown[];
        secrets: { credential: string }[];
        setup: { brought: { kind: string; name: string }[] };
        mounts: { host: string }[];
      } = JSON.parse(run.stdout);
      const definition = example.bottles[bottle];
      const hosts = plan.rules.map(({ host }) => host);
      for (const { host } of definition?.egress?.rules ?? [])
        assert.ok(host && hosts.includes(host), `${agent}: ${host}`);
      const above = example.bottles[definition?.extends ?? ""];
      for (const pack of [...(definition?.egress?.packs ?? []), ...(above?.egress?.packs ?? [])])
        assert.ok(
          plan.rules.some(({ id }) => id.startsWith(`pack:${pack}:`)),
          `${agent}: ${pack}`,
        );
      for (const tool of definition?.tools ?? [])
        assert.ok(
          plan.mounts.some(({ host }) => host.endsWith(`/${tool}`)),
          `${agent}: ${tool}`,
        );
      assert.ok(plan.setup.brought.length >= skills.length + config.length, `${agent}: ${run.stdout}`);
      for (const credential of Object.keys(definition?.credentials ?? {}))
        assert.ok(
          plan.secrets.some((secret) => secret.credential === credential),
          `${agent}: ${credential}`,
        );
    }
  });

  const bare = Object.entries(example.bottles).filter(([, { credentials }]) => credentials === undefined);
  if (bare.length === 0) continue;
  test(`${name}: a shell runs in each of its bottles that needs no secret`, { skip }, async () => {
    using operator = newOperator();
    furnish(operator);
    const shells = Object.fromEntries(bare.map(([bottle]) => [`try-${bottle}`, { provider: "shell", bottle }]));
    const toolsOf = new Map(bare.map(([bottle, { tools = [] }]) => [`try-${bottle}`, tools]));
    operator.writeManifest(JSON.stringify({ ...example, agents: { ...example.agents, ...shells } }));
    for (const agent of Object.keys(shells)) {
      const tools = toolsOf.get(agent) ?? [];
      const run = await operator.bottle([
        "start",
        agent,
        "--rm",
        "--without-cgroup",
        "-p",
        [...tools, "echo inside"].join("\n"),
      ]);
      const expected = [...tools.map((tool) => `${tool} of the host\n`), "inside\n"].join("");
      assert.deepEqual([run.code, run.stdout], [0, expected], run.stderr);
    }
  });
}
