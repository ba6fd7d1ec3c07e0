import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "jsonc-parser";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const folder = join(import.meta.dirname, "../../../examples");
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

interface Example {
  readonly bottles: Record<string, { egress?: { rules?: { host?: string }[] }; credentials?: Record<string, unknown> }>;
  readonly agents?: Record<string, { bottle?: string; provider?: string }>;
}

assert.ok(names.length >= 5, "there are five examples or more");

for (const name of names) {
  const text = readFileSync(join(folder, name), "utf8");
  const example: Example = parse(text, [], { allowTrailingComma: true });
  const agents = Object.entries(example.agents ?? { claude: { bottle: "default" } });

  test(`${name}: each of its agents gets a plan with all its rules, credentials and limits`, { skip }, async () => {
    using operator = newOperator();
    operator.writeManifest(text);
    for (const [agent, { bottle = "default", provider }] of agents) {
      // Any program stands for the real agent: none runs.
      const program = provider === "shell" ? [] : ["--command", process.execPath];
      const words = ["start", agent, ...program, "--dry-run", "--format", "json"];
      const run = await operator.bottle(words, { env: { TZ: "UTC" } });
      assert.equal(run.code, 0, run.stderr);
      assert.equal(run.stderr, "");
      const plan: {
        rules: { host: string; source: string }[];
        credentials: unknown[];
        secrets: { credential: string }[];
      } = JSON.parse(run.stdout);
      const definition = example.bottles[bottle];
      const hosts = plan.rules.map(({ host }) => host);
      for (const { host } of definition?.egress?.rules ?? [])
        assert.ok(host && hosts.includes(host), `${agent}: ${host}`);
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
    const shells = Object.fromEntries(bare.map(([bottle]) => [`try-${bottle}`, { provider: "shell", bottle }]));
    operator.writeManifest(JSON.stringify({ ...example, agents: { ...example.agents, ...shells } }));
    for (const agent of Object.keys(shells)) {
      const run = await operator.bottle(["start", agent, "--rm", "--without-cgroup", "-p", "echo inside"]);
      assert.deepEqual([run.code, run.stdout], [0, "inside\n"], run.stderr);
    }
  });
}
