import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Engine } from "../../../src/backends/docker/engine.ts";
import { imageStore } from "../../../src/backends/docker/images.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { docker, engineClients, tinyTar, uniqueName } from "../../support/docker-engine.ts";
import { imageWorld } from "../../support/image-world.ts";
import { skipWithout } from "../../support/needs.ts";
import { NODE_FLAGS } from "../../support/node-flags.ts";
import { eventually } from "../../support/operator.ts";
import { processFile } from "../../support/process-file.ts";

const HOUR = 60 * 60_000;
const skip = skipWithout("docker");
const [own, other] = skip === false ? engineClients() : [];

/** The client that is used, and the one that shadows it on PATH: engines meet old and new ones. */
const clients: readonly { client: string; engine: Engine | undefined; skip: string | false }[] = [
  { client: "", engine: own, skip },
  {
    client: " (the other docker of this machine)",
    engine: other,
    skip: skip || (other === undefined && "only one docker"),
  },
];

function worldOf(engine: Engine | undefined) {
  assert.ok(engine !== undefined);
  return imageWorld(engine);
}

const withCode = (code: string) => (error: unknown) => error instanceof BottleError && error.code === code;

for (const { client, engine, skip } of clients) {
  test(`an image is built once, and again when something changed${client}`, { skip }, async () => {
    using world = worldOf(engine);
    const { build, store, said, repository, base } = world;
    const first = await build("one");
    assert.equal(first.built, true);
    assert.match(first.image.reference, /^localhost\/bot-bottle-test-images-[0-9a-f]{12}\/sidecar:[0-9a-f]{20}$/);
    assert.equal(first.image.base, docker(["image", "inspect", "--format", "{{.Id}}", base]).trim());
    assert.ok(said.length > 0, "the engine's words are shown");

    said.length = 0;
    const again = await build("one");
    assert.deepEqual([again.built, again.image.id, said.length], [false, first.image.id, 0]);

    const changed = await build("two");
    assert.deepEqual([changed.built, changed.image.current], [true, true]);
    const current = docker(["image", "inspect", "--format", "{{.Id}}", `${repository}/sidecar:latest`]).trim();
    assert.equal(current, changed.image.id);
    assert.deepEqual(
      (await store.list()).map(({ reference, current: is }) => [reference, is]),
      [
        [changed.image.reference, true],
        [first.image.reference, false],
      ],
    );

    // Back to what was built before: nothing is built, and it is the current one again.
    const back = await build("one");
    assert.deepEqual([back.built, back.image.current], [false, true]);
  });

  test(`parts.md row 32: an interrupted build leaves no tag, and the next one is whole${client}`, {
    skip,
  }, async () => {
    using world = worldOf(engine);
    const { build, store, said } = world;
    const stop = new AbortController();
    const running = build("big", { signal: stop.signal, bytes: 64 << 20 });
    const ticker = setInterval(() => {
      if (said.some((line) => /COPY|Sending/.test(line))) stop.abort("SIGINT");
    }, 5);
    await assert.rejects(running, withCode("IMAGE_FAILED")).finally(() => clearInterval(ticker));
    assert.deepEqual(await store.list(), []);
    assert.equal((await build("big", { bytes: 64 << 20 })).built, true);
  });
}

/** Processes that `parent` started, by pid. */
const childrenOf = (parent: number): readonly string[] =>
  readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8").split(" ").filter(Boolean);

test("parts.md row 32: kill -9 of what sends a build leaves no tag", { skip }, async (t) => {
  using world = worldOf(own);
  const folder = mkdtempSync(join(tmpdir(), "killed-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, "program");
  writeFileSync(program, "");
  truncateSync(program, 4 * 2 ** 30);
  const child = spawn(process.execPath, [
    ...NODE_FLAGS,
    join(import.meta.dirname, "image-build-child.ts"),
    ...[world.repository, world.base, program],
  ]);
  t.after(() => child.kill("SIGKILL"));
  const { pid } = child;
  assert.ok(pid !== undefined);
  const client = await eventually("a client of the engine that builds", () =>
    childrenOf(pid).find((id) => processFile(id, "cmdline").split("\0")[1] === "build"),
  );
  child.kill("SIGKILL");
  await eventually("the end of that client", () => !existsSync(`/proc/${client}`));
  assert.deepEqual(await world.store.list(), []);
  assert.equal(docker(["image", "ls", "--quiet", `${world.repository}/sidecar`]), "");
});

test("prune takes what is old and unused, and nothing else", { skip }, async () => {
  using world = worldOf(own);
  const { build, store } = world;
  const used = (await build("used")).image;
  const name = world.container(used.reference);
  const extended = (await build("extended")).image;
  const mine = world.extend(extended.reference);
  const current = (await build("current")).image;

  const now = Date.now();
  const prunable = async (all: boolean) =>
    (await store.prunable(all, now))
      .filter(({ kind }) => kind === "image")
      .map(({ reference }) => reference)
      .sort();
  assert.deepEqual(await prunable(false), [extended.reference]);
  assert.deepEqual(await prunable(true), [extended.reference, current.reference].sort());

  await store.remove({ reference: extended.reference, kind: "image", bytes: 0 });
  const left = (await store.list()).map(({ reference }) => reference);
  assert.deepEqual(left.sort(), [used.reference, current.reference].sort());
  // What a user made of ours keeps its layers.
  docker(["image", "inspect", mine]);

  // Removing again is no error; what a container uses is refused, never forced.
  await store.remove({ reference: extended.reference, kind: "image", bytes: 0 });
  const remove = store.remove({ reference: used.reference, kind: "image", bytes: 0 });
  await assert.rejects(remove, withCode("IMAGE_FAILED"));
  docker(["image", "inspect", used.reference]);
  docker(["rm", "--force", name]);
  assert.deepEqual(await prunable(false), [used.reference]);
  await store.remove({ reference: current.reference, kind: "image", bytes: 0 });
  assert.equal(docker(["image", "ls", "--quiet", `${world.repository}/sidecar:latest`]), "");
});

test("an image whose extension has a container is in use", { skip }, async () => {
  using world = worldOf(own);
  const { image } = await world.build("extended");
  world.container(world.extend(image.reference));
  const used = (await world.store.list()).map((entry) => entry.used);
  assert.deepEqual(used, [true]);
});

test("what a killed build left may go after an hour, not before", { skip }, async () => {
  assert.ok(own !== undefined);
  const store = imageStore(own, `localhost/${uniqueName("images")}`);
  const mark = uniqueName("left");
  // As an interrupted build of the first steps: our first label, no tag.
  const dockerfile = 'FROM scratch\nLABEL bot-bottle.image.owner="bot-bottle"\n';
  docker(["build", "--label", `mark=${mark}`, "-"], tinyTar("Dockerfile", dockerfile));
  const [id = ""] = docker(["image", "ls", "--quiet", "--no-trunc", "--filter", `label=mark=${mark}`]).split("\n");
  const found = async (now: number) => (await store.prunable(false, now)).find(({ reference }) => reference === id);
  assert.equal(await found(Date.now()), undefined);
  const left = await found(Date.now() + 2 * HOUR);
  assert.equal(left?.kind, "layer");
  await store.remove(left);
  assert.equal(await found(Date.now() + 2 * HOUR), undefined);
});

test("--fresh builds anew though nothing changed, and the newest is current", { skip }, async () => {
  using world = worldOf(own);
  const first = await world.build("one");
  const fresh = await world.build("one", { fresh: true });
  assert.equal(fresh.built, true);
  assert.notEqual(fresh.image.reference, first.image.reference);
  const current = (await world.store.list()).filter((entry) => entry.current);
  assert.deepEqual(
    current.map(({ reference }) => reference),
    [fresh.image.reference],
  );
});

test("a base that is not there is an error that names it, and offline nothing is fetched", { skip }, async () => {
  assert.ok(own !== undefined);
  const store = imageStore(own, `localhost/${uniqueName("images")}`);
  const program = { path: "/bin/true", identity: "none" };
  const common = { offline: true, fresh: false, say: () => {}, signal: new AbortController().signal };
  const order = { name: "sidecar", program };
  await assert.rejects(store.build(order, { ...common, base: "localhost/none:1" }), (error) => {
    assert.ok(withCode("IMAGE_FAILED")(error));
    assert.match(String(error), /localhost\/none:1/);
    return true;
  });
  for (const base of ["--network=host", "", "../x"]) {
    await assert.rejects(store.build(order, { ...common, base }), withCode("USAGE"), base);
  }
  await assert.rejects(store.build({ name: "../claude", program }, { ...common, base: null }), withCode("USAGE"));
});
