import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker-images");

const containers = (name: string): readonly string[] =>
  spawnSync("docker", ["ps", "--all", "--format", "{{.Names}}"], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line.includes(name));

test("recover in containers: nothing is touched while the engine is away; then one cage runs, and no other", {
  skip,
}, async () => {
  using operator = newOperator();
  const name = `back-${process.pid}`;
  const file = (own: string) => join(operator.home, ".local/state/bot-bottle/bottles", name, own);
  const words = ["start", "shell", "--backend", "docker", "--name", name, "-d", "-p"];
  const started = await operator.bottle([...words, "echo work >> w; echo up; sleep 600"]);
  assert.equal(started.code, 0, started.stderr);
  await eventually("the agent is up", () => readFileSync(file("agent.log"), "utf8").includes("up\n"));
  process.kill(JSON.parse(readFileSync(file("record.json"), "utf8")).host.pid, "SIGKILL");
  await eventually("it is lost", async () => (await operator.bottle(["ls"])).stdout.includes(" lost "));

  const away = { DOCKER_HOST: `unix://${join(operator.home, "none.sock")}` };
  const record = readFileSync(file("record.json"), "utf8");
  const blind = await operator.bottle(["recover", name], { env: away });
  assert.equal(blind.code, 4, blind.stderr);
  assert.match(blind.stdout, new RegExp(`^${name}: is as it was$`, "m"));
  assert.match(blind.stderr, /\[HOST_UNFIT\]/);
  assert.equal(readFileSync(file("record.json"), "utf8"), record);

  const recovered = await operator.bottle(["recover", name]);
  assert.equal(recovered.code, 0, recovered.stderr);
  assert.match(recovered.stdout, new RegExp(`^${name}: runs again$`, "m"));
  assert.equal(containers(`cage-${name}`).length, 1);
  await eventually("the script ran once more", () => readFileSync(file("agent.log"), "utf8").endsWith("up\nup\n"));
  assert.equal((await operator.bottle(["stop", "--grace", "1", name])).code, 0);
  assert.deepEqual(containers(name), []);
  assert.match((await operator.bottle(["diff", name])).stdout, /^\+work\n\+work$/m);
  assert.equal((await operator.bottle(["rm", "--discard", name])).code, 0);
});
