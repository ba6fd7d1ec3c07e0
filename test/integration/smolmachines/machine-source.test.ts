import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readSlice } from "../../../src/backends/smolmachines/image/archive.ts";
import { checkLayers } from "../../../src/backends/smolmachines/image/layer-check.ts";
import { derivedConfig, IDLE } from "../../../src/backends/smolmachines/image/layout.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { findImage, machineSource } from "../../../src/backends/smolmachines/image.ts";
import { mannerOf } from "../../../src/backends/smolmachines/manner.ts";
import type { Release } from "../../../src/backends/smolmachines/versions.ts";
import { docker, tinyTar, uniqueName } from "../../support/docker-engine.ts";
import { skipWithout } from "../../support/needs.ts";
import { type PackWorld, packWorld } from "../../support/pack-world.ts";
import { rejectsWith } from "../../support/rejection.ts";
import { digestOf, type ImageParts, makeImage, type SavedLayout, savedImage } from "../../support/saved-image.ts";

const sourceOf = async (world: PackWorld, release: Release, named: string = world.image) => {
  const image = await findImage(named, {});
  return (await machineSource(mannerOf(release), release, world.smolvm(), image)).words;
};

test("an image that begins as root and runs nothing is given as it is, where saved images are read", async () => {
  using world = packWorld({ config: { User: "0:0" } });
  for (const release of [
    [1, 9, 3],
    [1, 4, 1],
    [1, 1, 0],
  ] as const) {
    assert.deepEqual(await sourceOf(world, release), ["--image", world.image]);
  }
  assert.deepEqual([world.shelf("derived"), world.calls()], [[], 0]);
});

test("a program of the image's own, which would be root's beside the agent, is replaced by one that only stays", async () => {
  for (const config of [{ Cmd: ["bash"] }, { User: "0:0", Entrypoint: ["/server"] }]) {
    using world = packWorld({ config });
    for (const release of [
      [1, 9, 3],
      [1, 4, 1],
      [1, 1, 0],
    ] as const) {
      const [flag, path = ""] = await sourceOf(world, release);
      assert.equal(flag, "--image");
      const { settings } = await readSavedImage(path, process.arch);
      assert.deepEqual([settings.entrypoint, settings.cmd], [IDLE, []]);
    }
  }
});

test("below 1.1.0 it is a pack", async () => {
  using world = packWorld();
  const [flag, path = ""] = await sourceOf(world, [1, 0, 4]);
  assert.equal(flag, "--from");
  assert.ok(path.endsWith(".smolmachine") && readFileSync(path).length > 0);
  assert.equal(world.calls(), 1);
});

const SAVED: readonly (readonly [SavedLayout, boolean])[] = [
  ["both", false],
  ["both", true],
  ["oci", true],
  ["podman", false],
  ["legacy", false],
];
for (const [layout, gzipLayers] of SAVED) {
  test(`an image with a user is rewritten once, its layers untouched (${layout}${gzipLayers ? ", compressed" : ""})`, async () => {
    const same = { "etc/same": "same" };
    const parts: ImageParts = {
      layout,
      gzipLayers,
      layers: [same, { "etc/one": "1" }, same],
      config: { User: "agent", Env: ["A=b"], Volumes: { "/data": {} } },
    };
    using world = packWorld(parts);
    const { config, layers } = makeImage(parts);
    const [, path = ""] = await sourceOf(world, [1, 9, 3]);
    assert.notEqual(path, world.image);
    const before = readFileSync(path);
    for (const bytes of [savedImage(parts), gzipSync(savedImage(parts))]) {
      writeFileSync(world.image, bytes);
      assert.deepEqual(await sourceOf(world, [1, 8, 1]), ["--image", path]);
    }
    assert.ok(readFileSync(path).equals(before));
    // It is a saved image by both of its layouts.
    const image = await readSavedImage(path, process.arch);
    assert.equal(image.id, digestOf(derivedConfig(config)));
    assert.deepEqual(
      (await checkLayers(image)).map(({ layer }) => layer.diffId),
      layers.map(digestOf),
    );
    const oci = join(world.folder, "oci.tar");
    const at = before.indexOf("manifest.json\0");
    writeFileSync(oci, Buffer.concat([before.subarray(0, at), Buffer.alloc(1024)]));
    const other = await readSavedImage(oci, process.arch);
    assert.equal(other.id, image.id);
    for (const [index, { slice }] of other.layers.entries()) {
      const one = image.layers[index];
      assert.ok(one !== undefined);
      assert.deepEqual(await readSlice(slice, 0, slice.size), await readSlice(one.slice, 0, one.slice.size));
    }
    assert.equal(world.shelf("derived").length, 1);
  });
}

test("an image that is damaged is not rewritten", async () => {
  const parts: ImageParts = { layout: "legacy", config: { User: "agent" } };
  using world = packWorld(parts);
  const bytes = savedImage(parts);
  bytes[bytes.indexOf("etc/one") + 512] = 0x58;
  writeFileSync(world.image, bytes);
  assert.match((await rejectsWith("HOST_UNFIT", sourceOf(world, [1, 9, 3]))).message, /is damaged/);
  assert.deepEqual(world.shelf("derived"), []);
});

test("what is named is a saved image, or an image of the engine; where it is neither, both ways are said", async () => {
  using world = packWorld();
  assert.deepEqual(await findImage(null, { BOT_BOTTLE_SMOLVM_IMAGE: world.image }), {
    kind: "file",
    path: world.image,
  });
  const nowhere = { DOCKER_HOST: `unix://${world.folder}/none.sock`, HOME: world.folder };
  for (const [named, words] of [
    ["", /no image is named/],
    [`${world.image}.gone`, /there is no saved image/],
    [world.folder, /there is no saved image/],
    ["agent:1", /agent:1 is no absolute path of a saved image, and /],
    ["--help", /neither an absolute path nor the name/],
    ["./image.tar", /neither an absolute path nor the name/],
  ] as const) {
    const { message, hint } = await rejectsWith("HOST_UNFIT", findImage(named, nowhere));
    assert.match(message, words);
    assert.match(hint ?? "", /docker image save .* or the engine's image itself/);
  }
});

test("an image of the engine is saved once, as it was when it was named", {
  skip: skipWithout("docker"),
}, async (t) => {
  using world = packWorld();
  const name = `localhost/${uniqueName("machine")}:1`;
  const make = (text: string) =>
    docker(["import", "--change", "USER agent", "-", name], tinyTar("etc/one", text)).trim();
  t.after(() => void docker(["image", "rm", "--force", name, digestOf(derived)]));
  let derived: Uint8Array = Buffer.alloc(0);
  make("1");
  const first = await findImage(name, process.env);
  const source = async (image: typeof first) =>
    (await machineSource(mannerOf([1, 9, 3]), [1, 9, 3], world.smolvm(), image)).words[1] ?? "";
  const path = await source(first);
  const { config, settings } = await readSavedImage(path, process.arch);
  derived = config;
  assert.equal(settings.user, "");
  assert.match(docker(["image", "load", "--input", path]), /Loaded image ID: sha256:/);
  const id = docker(["image", "inspect", "--format", "{{.Id}}", name]).trim();
  make("2");
  assert.equal(await source(first), path);
  docker(["image", "rm", "--force", id]);
  assert.equal(await source(first), path);
  assert.notEqual(await source(await findImage(name, process.env)), path);
  assert.deepEqual([world.shelf("exported").length, world.shelf("derived").length], [2, 2]);
  const { message } = await rejectsWith("HOST_UNFIT", findImage(`${name}none`, process.env));
  assert.match(message, /the engine has no image/);
});
