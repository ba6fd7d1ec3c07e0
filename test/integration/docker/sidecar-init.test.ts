import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { type TestContext, test } from "node:test";
import { SIDECAR_INIT } from "../../../src/backends/docker/sidecar-init.ts";
import { docker } from "../../support/docker/bundle-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually } from "../../support/operator.ts";

const need = { skip: skipWithout("docker", "docker-images") };
const IMAGE = "localhost/bot-bottle/sidecar:latest";
let count = 0;

interface Init {
  readonly name: string;
  readonly client: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
  words(): string;
}

/** The init as the first process of a container, with nothing else in it. */
async function openInit(t: TestContext, services: string): Promise<Init> {
  count += 1;
  const name = `sidecar-init-${process.pid}-${count}`;
  const options = ["--rm", "--interactive", "--network", "none", "--env", `BOT_BOTTLE_SERVICES=${services}`];
  const client = spawn("docker", ["run", "--name", name, ...options, IMAGE, "/bin/sh", "-c", SIDECAR_INIT]);
  t.after(async () => {
    client.stdin.end();
    client.kill("SIGKILL");
    await eventually("it is gone", () => docker("ps", "--all", "--quiet", "--filter", `name=${name}`) === "");
  });
  let out = "";
  let words = "";
  client.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  client.stderr.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  const ended = new Promise<number | null>((resolve) => client.once("close", resolve));
  await eventually("the init runs", () => out.startsWith("ready\n"));
  return { name, client, ended, said: () => out, words: () => words };
}

/** A process in the container that says what it gets in a file; `script` is its own. */
function start({ name }: Init, script: string): void {
  docker("exec", "--detach", name, "/bin/sh", "-c", script);
}

test("part 21: a sidecar without a chosen service says so, idles, and ends with its input", need, async (t) => {
  const init = await openInit(t, "");
  await eventually("it says so", () => init.words().includes("names no service: idle"));
  init.client.stdin?.end();
  assert.equal(await init.ended, 0);
});

test(
  "part 21: TERM reaches every service, those that end in order are waited for, and the rest is killed",
  need,
  async (t) => {
    const init = await openInit(t, "egress");
    start(init, "trap 'sleep 1; echo in order >/proc/1/fd/1; exit 0' TERM; while :; do sleep 0.1; done");
    start(init, "trap '' TERM; while :; do sleep 0.1; done");
    await eventually("both run", () => docker("top", init.name).split("\n").length > 3);
    docker("kill", "--signal", "TERM", init.name);
    assert.equal(await init.ended, 0);
    assert.equal(init.said(), "ready\nin order\n");
  },
);

test("part 21: what loses its parent in a sidecar is reaped", need, async (t) => {
  const init = await openInit(t, "egress");
  docker("exec", init.name, "/bin/sh", "-c", "(sleep 0.2 & sleep 0.2 & sleep 0.2 &) ; exit 0");
  const zombies = () =>
    docker("exec", init.name, "/bin/sh", "-c", "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null || true");
  const parents = () =>
    docker("exec", init.name, "/bin/sh", "-c", "grep -h '^Name:.sleep' /proc/[0-9]*/status || true");
  await eventually("they are over", () => parents() === "");
  assert.equal(zombies(), "");
});

test("row 150: kill -9 of the client that holds a sidecar ends all of it", need, async (t) => {
  const init = await openInit(t, "egress");
  start(init, "sleep 300");
  init.client.kill("SIGKILL");
  await eventually(
    "the container is gone",
    () => docker("ps", "--all", "--quiet", "--filter", `name=${init.name}`) === "",
  );
});
