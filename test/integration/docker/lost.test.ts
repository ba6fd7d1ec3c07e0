import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { docker, engineEnv, openBundleBottle, thingsOf } from "../../support/docker/bundle-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const need = { skip: skipWithout("docker", "docker-images") };

/** A socket that leads to the engine until it is cut, as when the engine is killed. */
async function relayToEngine() {
  const address = engineEnv().DOCKER_HOST ?? "unix:///var/run/docker.sock";
  const folder = mkdtempSync(join(tmpdir(), "relay-"));
  const path = join(folder, "s");
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: address.slice("unix://".length), allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    }
    client.pipe(engine).pipe(client);
  });
  server.listen(path);
  await once(server, "listening");
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    env: { DOCKER_HOST: `unix://${path}` },
    cut,
    [Symbol.dispose]() {
      cut();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const local = (engineEnv().DOCKER_HOST ?? "unix://").startsWith("unix://") ? need : { skip: "the engine is elsewhere" };

test("the code of a client that lost its engine is not taken for the agent's, nor for a command's", local, async () => {
  using relay = await relayToEngine();
  using operator = newOperator();
  const name = `lost-${process.pid}`;
  const words = ["start", "shell", "--backend", "docker", "--name", name, "-p", "echo up; sleep 300"];
  const host = operator.spawn(words, { ...engineEnv(), ...relay.env });
  host.stdin?.end();
  const ended = once(host, "close");
  let said = "";
  host.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  host.stdout?.setEncoding("utf8");
  const [first] = await Promise.race([once(host.stdout ?? host, "data"), ended]);
  assert.equal(first, "up\n", said);
  const exec = operator.spawn(["exec", name, "--", "sh", "-c", "echo in; sleep 300"], relay.env);
  exec.stdin?.end();
  exec.stderr?.resume();
  const done = once(exec, "close");
  await Promise.race([once(exec.stdout ?? exec, "data"), done]);

  relay.cut();
  assert.deepEqual(await done, [125, null]);
  assert.deepEqual(await ended, [125, null]);
  assert.match(said, /it is not known how the command ended: .*the Docker engine does not answer/);

  assert.match(said, new RegExp(`^bottle: ${name} is lost; bottle recover ${name} brings it back$`, "m"));
  // Its container runs on: the list must not say that it has ended.
  const bottle = (...args: readonly string[]) => operator.bottle(args, { env: engineEnv() });
  const [row] = JSON.parse((await bottle("ls", "--format", "json")).stdout);
  assert.deepEqual([row.state, row.exitCode], ["lost", null]);
  const { code, stdout, stderr } = await bottle("recover", "--all");
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^${name}: runs again$`, "m"));
  assert.equal(thingsOf(name).length, 1, "one cage and no other");
  assert.equal((await bottle("stop", "--grace", "0", name)).code, 0);
  assert.deepEqual(thingsOf(name), []);
  assert.equal((await bottle("rm", "--discard", name)).code, 0);
});

test("what a host process could not remove is gone when the bottle is resumed", local, async () => {
  using relay = await relayToEngine();
  using operator = newOperator();
  operator.writeManifest(JSON.stringify({ bottles: { default: { backend: "docker", placement: "bundle" } } }));
  const name = `left-${process.pid}`;
  const host = operator.spawn(["start", "shell", "--name", name, "-p", "echo up; sleep 300"], {
    ...engineEnv(),
    ...relay.env,
  });
  host.stdin?.end();
  host.stderr?.resume();
  const ended = once(host, "close");
  assert.equal(String((await Promise.race([once(host.stdout ?? host, "data"), ended]))[0]), "up\n");
  // Asked to end, and no more answers from the engine, at one moment: the bottle has ended, and its networks are there.
  host.kill("SIGSTOP");
  host.kill("SIGTERM");
  relay.cut();
  host.kill("SIGCONT");
  await ended;
  const left = thingsOf(name);
  assert.notEqual(left.length, 0, "nothing is left: the test shows nothing");
  const bottle = (...args: readonly string[]) => operator.bottle(args, { env: engineEnv() });
  const resumed = await bottle("resume", "-d", name, "-p", "sleep 300");
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(
    thingsOf(name).filter((thing) => left.includes(thing)),
    [],
  );
  assert.equal((await bottle("stop", "--grace", "0", name)).code, 0);
  assert.deepEqual(thingsOf(name), []);
  assert.equal((await bottle("rm", "--discard", name)).code, 0);
});

test("a bottle whose sidecar was removed ends, and leaves nothing: it has no way out any more", need, async () => {
  await using bottle = await openBundleBottle(`no-way-${process.pid}`);
  const ended = once(bottle.host, "close");
  docker("rm", "--force", bottle.sidecar);
  assert.deepEqual(await ended, [137, null], bottle.said());
  assert.deepEqual(thingsOf(bottle.name), []);
});
