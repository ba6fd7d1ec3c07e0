import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { engineIn } from "../../../src/backends/docker/engine.ts";
import { docker } from "../../support/docker-engine.ts";
import { imageWorld } from "../../support/image-world.ts";
import { programPath, skipWithout } from "../../support/needs.ts";

const root = join(import.meta.dirname, "../../..");
const SECRETS: Readonly<Record<string, string>> = {
  ANTHROPIC_API_KEY: "sk-ant-api03-image-test-8d1f0c2b7a",
  CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-image-test-55e0d9c1",
  GITHUB_TOKEN: "ghp_imagetest0123456789abcdefghijklmnop",
  DOCKER_AUTH_CONFIG: '{"auths":{"example.com":{"auth":"aW1hZ2UtdGVzdDpzZWNyZXQ="}}}',
};

/** The needles that occur in what a call of docker prints, which may be long. */
async function occurrences(args: readonly string[], needles: readonly string[]): Promise<readonly string[]> {
  const child = spawn("docker", args, { stdio: ["ignore", "pipe", "inherit"] });
  const longest = Math.max(...needles.map((needle) => needle.length));
  const found = new Set<string>();
  let bytes = 0;
  let tail = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    bytes += chunk.length;
    const text = Buffer.concat([tail, chunk]);
    for (const needle of needles) if (text.includes(needle)) found.add(needle);
    tail = text.subarray(-longest);
  }
  assert.ok(bytes > 0, `docker ${args[0]} printed nothing`);
  return [...found];
}

test("no secret of the operator and no path of this machine is in an image, its labels or its history", {
  skip: skipWithout("docker"),
}, async (t) => {
  for (const [name, value] of Object.entries(SECRETS)) {
    process.env[name] = value;
    t.after(() => delete process.env[name]);
  }
  using world = imageWorld(engineIn(programPath("docker"), process.env));
  const { image } = await world.build("a program of which the image tells");
  const needles = [...Object.values(SECRETS), "aW1hZ2UtdGVzdDpzZWNyZXQ=", `${root}/`];
  assert.deepEqual(await occurrences(["image", "inspect", image.id], needles), []);
  assert.deepEqual(await occurrences(["history", "--no-trunc", image.id], needles), []);
  assert.deepEqual(await occurrences(["image", "save", image.reference], needles), []);
  // The same search finds what is there.
  assert.deepEqual(await occurrences(["image", "save", image.reference], ["a program of which the image tells"]), [
    "a program of which the image tells",
  ]);
  const [environment = ""] = docker(["image", "inspect", "--format", "{{json .Config.Env}}", image.id]).split("\n");
  assert.match(environment, /^(?:null|\["PATH=[^"]*"\])$/);
});
