import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { engineEnv, thingsOf } from "../../support/docker/bundle-bottle.ts";
import { relayToEngine } from "../../support/docker/engine-relay.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const local = (engineEnv().DOCKER_HOST ?? "unix://").startsWith("unix://");
const need = { skip: local ? skipWithout("docker", "docker-images") : "the engine is elsewhere" };

/** A bottle whose agent sleeps, once that runs; its host process, and what it said on stderr. */
async function startBottle(operator: Operator, name: string, env: Record<string, string>) {
  const words = ["start", "shell", "--backend", "docker", "--name", name, "-p", "echo up; sleep 300"];
  const host = operator.spawn(words, env);
  host.stdin?.end();
  const ended = once(host, "close");
  let spoken = "";
  host.stderr?.setEncoding("utf8").on("data", (text: string) => {
    spoken += text;
  });
  const [first] = await Promise.race([once(host.stdout ?? host, "data"), ended]);
  assert.equal(String(first), "up\n", spoken);
  return { host, ended, said: () => spoken };
}

test(
  "a connection that breaks while the engine lives on: no code is the command's whose end was not seen",
  need,
  async () => {
    using relay = await relayToEngine();
    using operator = newOperator();
    const name = `broken-${process.pid}`;
    const { host, ended } = await startBottle(operator, name, relay.env);

    // What ends is seen to end, whatever its code.
    for (const code of [0, 1, 125, 247, 248, 249, 255]) {
      const run = await operator.bottle(["exec", name, "--", "sh", "-c", `echo out; exit ${code}`], { env: relay.env });
      assert.deepEqual([run.code, run.stdout, run.stderr], [code, "out\n", ""]);
    }

    const exec = operator.spawn(["exec", name, "--", "sh", "-c", "echo in; sleep 300"], relay.env);
    exec.stdin?.end();
    let complaint = "";
    exec.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    const done = once(exec, "close");
    await Promise.race([once(exec.stdout ?? exec, "data"), done]);
    relay.cutNewestExec();
    assert.deepEqual(await done, [125, null], complaint);
    assert.match(complaint, /it is not known how the command ended/);

    // The agent's: nothing has been attached since.
    const second = operator.spawn(["exec", name, "--", "true"], relay.env);
    second.stdin?.end();
    await once(second, "close");
    host.kill("SIGTERM");
    await ended;
    assert.deepEqual(thingsOf(name), []);
    assert.equal((await operator.bottle(["rm", "--discard", name], { env: engineEnv() })).code, 0);
  },
);

test("an agent whose connection broke did not end with 0", need, async () => {
  using relay = await relayToEngine();
  using operator = newOperator();
  const name = `broken-agent-${process.pid}`;
  const { ended, said } = await startBottle(operator, name, relay.env);
  relay.cutNewestExec();
  assert.deepEqual(await ended, [125, null], said());
  assert.match(said(), /it is not known how the command ended/);
  assert.deepEqual(thingsOf(name), []);
  assert.equal((await operator.bottle(["rm", "--discard", name], { env: engineEnv() })).code, 0);
});
