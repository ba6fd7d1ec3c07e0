import assert from "node:assert/strict";
import { test } from "node:test";
import type { BottlePlan } from "../../../src/core/model/plan.ts";
import { planRepositories } from "../../../src/core/plan/git-repositories.ts";
import { openGitGate } from "../../../src/session/git-gate.ts";
import { holdSecrets } from "../../../src/session/held-secrets.ts";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA";

async function open(url: string, tools: Record<string, string>) {
  const definition = url.startsWith("ssh") ? { url, key: "/key", hostKey: HOST_KEY } : { url };
  const { repositories } = planRepositories({ app: definition }, "b", "/home/u");
  return openGitGate({
    plan: { name: "b", repositories } as unknown as BottlePlan,
    seeds: "/nonexistent",
    folder: "/nonexistent",
    tools,
    secrets: await holdSecrets([], {}),
    known: [],
    audit: { append: async () => undefined },
    onAlert: () => undefined,
  });
}

test("a bottle with a repository behind ssh does not start where ssh is not installed", async () => {
  await assert.rejects(open("ssh://git@host/r", { git: "/usr/bin/git" }), { code: "HOST_UNFIT" });
  await (await open("ssh://git@host/r", { git: "/usr/bin/git", ssh: "/usr/bin/ssh" })).close();
  await (await open("https://host/r", { git: "/usr/bin/git" })).close();
});
