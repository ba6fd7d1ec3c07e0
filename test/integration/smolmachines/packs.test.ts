import assert from "node:assert/strict";
import { readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { derivedConfig } from "../../../src/backends/smolmachines/image/layout.ts";
import { packOf } from "../../../src/backends/smolmachines/image/packs.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import type { Release } from "../../../src/backends/smolmachines/versions.ts";
import { eventually } from "../../support/operator.ts";
import { type PackWorld, packWorld } from "../../support/pack-world.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { makeImage, savedImage } from "../../support/saved-image.ts";

const OLD: Release = [1, 0, 2];
const PARTS = { config: { User: "agent", Entrypoint: ["claude"] }, layers: [{ "etc/one": "1" }, { "etc/two": "2" }] };

const pack = async (world: PackWorld, fault = "", release = OLD, signal?: AbortSignal) =>
  packOf(await readSavedImage(world.image, process.arch), release, world.smolvm(fault), signal);

/** What the maker of packs writes: all that it pulled, and nothing else. */
function expected(parts = PARTS): Buffer {
  const { config, layers } = makeImage(parts);
  return Buffer.concat([derivedConfig(config), ...layers]);
}

test("a pack is made once for an image and a release, as root's and with nothing of its own to run", async () => {
  using world = packWorld(PARTS);
  const path = await pack(world);
  assert.ok(path.endsWith(".smolmachine"));
  assert.deepEqual(readFileSync(path), expected());
  assert.equal(await pack(world), path);
  assert.equal(world.calls(), 1);
  assert.notEqual(await pack(world, "", [1, 0, 4]), path);
  assert.equal(world.calls(), 2);
  const other = { ...PARTS, layers: [{ "etc/one": "other" }] };
  writeFileSync(world.image, savedImage(other));
  assert.deepEqual(readFileSync(await pack(world)), expected(other));
  assert.equal(world.calls(), 3);
  // The same image by another name and in another layout is the same.
  writeFileSync(world.image, savedImage({ ...PARTS, layout: "legacy", tags: ["other:1"] }));
  assert.equal(await pack(world), path);
  assert.equal(world.calls(), 3);
  assert.equal(world.shelf("packs").length, 3);
});

test("of ten starts at once one makes the pack", async () => {
  using world = packWorld(PARTS);
  const paths = await Promise.all(Array.from({ length: 10 }, () => pack(world)));
  assert.deepEqual([new Set(paths).size, world.calls(), world.shelf("packs").length], [1, 1, 1]);
});

for (const [fault, words] of [
  ["fails", /smolvm pack create: agent operation failed: pack: the layers could not be merged/],
  ["killed", /smolvm pack create: /],
  ["nothing", /smolvm made no pack/],
] as const) {
  test(`a pack that ${fault === "nothing" ? "is not there after all" : `its maker ${fault}`} leaves nothing, and the next one works`, async () => {
    using world = packWorld(PARTS);
    const { message, hint } = await rejectsWith("CREATE_FAILED", pack(world, fault));
    assert.match(message, words);
    assert.match(hint ?? "", /1\.1\.0/);
    assert.deepEqual(world.shelf("packs"), []);
    assert.deepEqual(readFileSync(await pack(world)), expected());
  });
}

test("an abort ends the pull, and leaves nothing", async () => {
  using world = packWorld(PARTS);
  const abort = new AbortController();
  const packing = pack(world, "waits", OLD, abort.signal);
  packing.catch(() => {});
  await eventually("it is being made", () => world.calls() === 1 && world.shelf("packs").length === 1);
  const waiting = pack(world, "waits", OLD, abort.signal);
  waiting.catch(() => {});
  abort.abort("SIGINT");
  assert.match((await rejectsWith("BOTTLE_GONE", packing)).message, /interrupted by SIGINT/);
  await rejectsWith("BOTTLE_GONE", waiting);
  await rejectsWith("BOTTLE_GONE", pack(world, "", OLD, abort.signal));
  assert.deepEqual(world.shelf("packs"), []);
  assert.deepEqual(readFileSync(await pack(world)), expected());
});

test("a damaged pack is noticed and made again; one that was only touched is not", async () => {
  using world = packWorld(PARTS);
  const path = await pack(world);
  let calls = 1;
  utimesSync(path, 1, 1);
  await pack(world);
  assert.equal(world.calls(), calls);
  const bytes = readFileSync(path);
  const flipped = Buffer.from(bytes);
  flipped[100] = (flipped[100] ?? 0) ^ 1;
  const damages: readonly (() => void)[] = [
    () => truncateSync(path, bytes.length - 1),
    () => writeFileSync(path, flipped),
    () => writeFileSync(path, ""),
    () => rmSync(path),
    () => {
      rmSync(path);
      symlinkSync("/etc/passwd", path);
    },
    () => rmSync(join(dirname(path), "image")),
    () => writeFileSync(join(dirname(path), "record.json"), "{"),
    () => rmSync(join(dirname(path), "record.json")),
  ];
  for (const damage of damages) {
    damage();
    assert.equal(await pack(world), path);
    calls += 1;
    assert.equal(world.calls(), calls);
    assert.deepEqual(readFileSync(path), bytes);
  }
  assert.equal(world.shelf("packs").length, 1);
});

test("what no machine was made from for a month goes with the next pack", async () => {
  using world = packWorld(PARTS);
  const path = await pack(world);
  const old = Date.now() / 1000 - 31 * 24 * 3600;
  utimesSync(dirname(path), old, old);
  const other = await pack(world, "", [1, 0, 4]);
  assert.deepEqual(world.shelf("packs"), [dirname(other).split("/").at(-1)]);
  const young = Date.now() / 1000 - 29 * 24 * 3600;
  utimesSync(dirname(other), young, young);
  await pack(world);
  assert.equal(world.shelf("packs").length, 2);
});
