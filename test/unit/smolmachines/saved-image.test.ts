import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readSlice } from "../../../src/backends/smolmachines/image/archive.ts";
import { checkLayers } from "../../../src/backends/smolmachines/image/layer-check.ts";
import { derivedConfig, IDLE, isRoot, readConfig } from "../../../src/backends/smolmachines/image/layout.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { rejectsWith } from "../../support/rejection.ts";
import {
  archiveOf,
  digestOf,
  type ImageParts,
  makeImage,
  OWN_ARCHITECTURE,
  type SavedLayout,
  savedImage,
  savedImages,
} from "../../support/saved-image.ts";

const top = mkdtempSync(join(tmpdir(), "saved-image-"));
const cache = process.env.XDG_CACHE_HOME;
process.env.XDG_CACHE_HOME = join(top, "cache");
after(() => {
  if (cache === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cache;
  rmSync(top, { recursive: true });
});

let files = 0;
function fileOf(bytes: Uint8Array): string {
  files += 1;
  const path = join(top, `${files}.tar`);
  writeFileSync(path, bytes);
  return path;
}
const read = (bytes: Uint8Array) => readSavedImage(fileOf(bytes), process.arch);
const problem = async (bytes: Uint8Array) => {
  const { message, hint } = await rejectsWith("HOST_UNFIT", read(bytes));
  assert.ok(hint !== undefined);
  return message.replace(/^.* is no image for a machine: /, "");
};
const LAYERS = [{ "etc/one": "1", "bin/tool": "tool" }, { "etc/one": "2" }];

const LAYOUTS: readonly SavedLayout[] = ["docker", "legacy", "oci", "both", "podman"];
for (const layout of LAYOUTS) {
  for (const gzipLayers of [false, true]) {
    test(`an image in the layout ${layout}${gzipLayers ? ", its layers compressed," : ""} is read, plain and by gzip`, async () => {
      const parts: ImageParts = { layout, gzipLayers, layers: LAYERS, config: { User: "agent", Cmd: ["bash"] } };
      const { config, layers } = makeImage(parts);
      for (const bytes of [savedImage(parts), gzipSync(savedImage(parts))]) {
        const image = await read(bytes);
        assert.equal(image.id, digestOf(config));
        assert.deepEqual(image.config, config);
        assert.deepEqual([image.settings.user, image.settings.entrypoint, image.settings.cmd], ["agent", [], ["bash"]]);
        assert.deepEqual(
          image.layers.map(({ diffId, compression }) => [diffId, compression]),
          layers.map((layer) => [digestOf(layer), gzipLayers ? "gzip" : "none"]),
        );
        const checked = await checkLayers(image);
        for (const [index, { digest, layer }] of checked.entries()) {
          const lying = await readSlice(layer.slice, 0, layer.slice.size);
          assert.equal(digest, digestOf(lying));
          if (!gzipLayers) assert.deepEqual(lying, layers[index]);
        }
      }
    });
  }
}

test("what is no image is refused, each with what is wrong", async () => {
  const whole = savedImage({ layers: LAYERS });
  assert.equal(await problem(archiveOf([["one", Buffer.from("1")]])), "it has neither manifest.json nor index.json");
  assert.equal(await problem(archiveOf([["manifest.json", Buffer.from("[]")]])), "there is no image in it");
  assert.match(await problem(archiveOf([["manifest.json", Buffer.from("{")]])), /manifest.json is not JSON/);
  assert.match(await problem(archiveOf([["manifest.json", Buffer.from('[{"Config":1}]')]])), /manifest.json: 0.Config/);
  assert.equal(await problem(Buffer.alloc(0)), "it ends too early");
  assert.equal(await problem(Buffer.from("no tar at all".repeat(100))), "a header that is not of a tar archive");
  for (const size of [100, 512, 1000, 2048, whole.length - 1024]) {
    assert.equal(await problem(whole.subarray(0, size)), "it ends too early");
  }
  assert.equal(await problem(gzipSync(whole).subarray(0, 300)), "it ends too early");
  const hurt = gzipSync(whole);
  hurt.fill(0x55, 200, 260);
  assert.match(await problem(hurt), /it is damaged|it ends too early|header/);
  assert.equal(await problem(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3])), "it is compressed by zstd");
  const gone = await rejectsWith("HOST_UNFIT", readSavedImage(join(top, "gone"), process.arch));
  assert.match(gone.message, /cannot be opened/);
});

test("of several images none is taken by chance; of one for several architectures the own one is", async () => {
  const [one, two] = [
    { tags: ["agent:1", "agent:latest"], config: { User: "1" } },
    { tags: ["other:2"], config: { User: "2" } },
  ];
  assert.equal(await problem(savedImages(one, two)), "it holds several images: agent:1, other:2");
  const foreign = { ...two, architecture: "s390x" };
  assert.equal((await read(savedImages(one, foreign))).settings.user, "1");
  assert.equal((await read(savedImages(one, one))).settings.user, "1");
  assert.equal(
    await problem(savedImage({ architecture: "s390x" })),
    `it is for linux/s390x, and this machine is linux/${OWN_ARCHITECTURE}`,
  );
});

test("a name in a manifest or a link never leads out of the archive, and no member stands for two", async () => {
  const { config, layers } = makeImage({ layout: "legacy" });
  const image = (Layers: readonly string[], ...more: (readonly [string, Uint8Array | string])[]) => {
    const manifest = Buffer.from(JSON.stringify([{ Config: "config.json", RepoTags: null, Layers }]));
    return archiveOf([["config.json", config], ["manifest.json", manifest], ...more]);
  };
  const [layer = Buffer.alloc(0)] = layers;
  assert.equal((await read(image(["a/../b"], ["b", layer]))).layers.length, 1);
  assert.equal((await read(image(["a/l"], ["a/l", "../b"], ["b", layer]))).layers.length, 1);
  for (const name of ["../b", "/etc/passwd", "a/../../b", ".."]) {
    assert.equal(await problem(image([name], ["b", layer])), `${name} leads out of it`);
    assert.equal(await problem(image(["link"], ["link", name], ["b", layer])), `${name} leads out of it`);
  }
  assert.equal(await problem(image(["l"], ["l", "m"], ["m", "l"])), "l is a link to a link to a link in it");
  assert.equal(await problem(image(["gone"])), "it has no gone");
  assert.equal(await problem(image(["b"], ["b", layer], ["b", layer])), "it has two of b");
  assert.equal(await problem(image(["../b\u001b[2J"])), "../b\\x1b[2J leads out of it");
});

test("a config or a layer that is not what its digest says is found", async () => {
  const { members, config, layers } = makeImage({ layout: "both", layers: LAYERS });
  const changed = (name: string, bytes: Uint8Array) =>
    archiveOf([...members].map(([n, b]) => [n, n === name ? bytes : b]));
  const member = (bytes: Uint8Array) => `blobs/${digestOf(bytes).replace(":", "/")}`;
  const other = Buffer.from(config.toString().replace("step 0", "step 9"));
  assert.equal(await problem(changed(member(config), other)), `${member(config)} in it is damaged`);
  const [layer = Buffer.alloc(0)] = layers;
  const hurt = Buffer.from(layer);
  hurt[520] = 0x58;
  const image = await read(changed(member(layer), hurt));
  const error = await rejectsWith("HOST_UNFIT", checkLayers(image));
  assert.match(error.message, /its layer sha256:[0-9a-f]{12} is damaged/);
  for (const gzipLayers of [true, false]) {
    const made = makeImage({ layout: "podman", gzipLayers });
    const cut = [...made.members].map(
      ([name, bytes]) =>
        [name, name.endsWith(".tar") && typeof bytes !== "string" ? bytes.subarray(0, -9) : bytes] as const,
    );
    const error = await rejectsWith(
      "HOST_UNFIT",
      read(archiveOf(cut)).then((found) => checkLayers(found)),
    );
    assert.match(error.message, /is damaged/);
  }
});

test("the derived config begins as root, runs nothing of its own, and keeps all else", () => {
  const config = {
    User: "agent",
    Entrypoint: ["claude"],
    Cmd: ["--help"],
    Healthcheck: { Test: ["NONE"] },
    Volumes: { "/data": {} },
    Env: ["A=b"],
    WorkingDir: "/home/agent",
    Labels: { one: "1" },
  };
  const { config: bytes } = makeImage({ config });
  const derived = JSON.parse(derivedConfig(bytes).toString());
  const { User, Entrypoint, Cmd, Env, WorkingDir, Labels, ...rest } = derived.config;
  assert.deepEqual([User, Entrypoint, Cmd], ["", IDLE, []]);
  assert.deepEqual(
    { Env, WorkingDir, Labels, rest },
    { Env: ["A=b"], WorkingDir: "/home/agent", Labels: { one: "1" }, rest: {} },
  );
  const before = JSON.parse(bytes.toString());
  assert.deepEqual({ ...derived, config: null }, { ...before, config: null });
  // The same image, the same bytes; and it is read as any other.
  assert.deepEqual(derivedConfig(bytes), derivedConfig(bytes));
  assert.deepEqual(derivedConfig(derivedConfig(bytes)), derivedConfig(bytes));
  assert.equal(readConfig(derivedConfig(bytes)).ok, true);
  const bare = Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", config: null, rootfs: before.rootfs }));
  assert.equal(JSON.parse(derivedConfig(bare).toString()).config.User, "");
});

test("only root is root", () => {
  for (const user of ["", "root", "0", "0:0", "root:root", "root:0", ":0"]) assert.ok(isRoot(user), user);
  for (const user of ["agent", "1000", "0:1000", "root:users", "00x", "toor", "1000:0"]) assert.ok(!isRoot(user), user);
});
