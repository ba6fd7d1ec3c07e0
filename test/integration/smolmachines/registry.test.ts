import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { checkLayers } from "../../../src/backends/smolmachines/image/layer-check.ts";
import { derivedConfig, IDLE } from "../../../src/backends/smolmachines/image/layout.ts";
import { openRegistry, type Registry } from "../../../src/backends/smolmachines/image/registry.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { servedImage } from "../../../src/backends/smolmachines/image/served-image.ts";
import { docker } from "../../support/docker-engine.ts";
import { programPath, skipWithout } from "../../support/needs.ts";
import { askRegistry, pullImage, readReference } from "../../support/registry-client.ts";
import { digestOf, type ImageParts, makeImage, savedImage } from "../../support/saved-image.ts";

const top = mkdtempSync(join(tmpdir(), "registry-"));
after(() => rmSync(top, { recursive: true }));

/** A layer of several blocks of gzip, and a small one. */
const PARTS: ImageParts = {
  config: { User: "agent" },
  layers: [{ "bin/much": "0123456789abcdef".repeat(20_000) }, { "etc/one": "1" }],
};

async function serve(parts: ImageParts): Promise<Registry> {
  const path = join(top, "image.tar");
  writeFileSync(path, savedImage(parts));
  const image = await readSavedImage(path, process.arch);
  return openRegistry(await servedImage(derivedConfig(image.config), await checkLayers(image)));
}

for (const gzipLayers of [false, true]) {
  test(`a strict client pulls the image whole${gzipLayers ? ", also one with compressed layers" : ""}`, async () => {
    const { config, layers } = makeImage({ ...PARTS, gzipLayers });
    await using registry = await serve({ ...PARTS, gzipLayers });
    const pulled = await pullImage(registry.reference);
    assert.deepEqual(pulled.layers, layers);
    assert.deepEqual(pulled.config, derivedConfig(config));
  });
}

test("any part of a blob is had as it stands in the whole", async () => {
  await using registry = await serve(PARTS);
  const { port, name, tag } = readReference(registry.reference);
  const manifest = JSON.parse((await askRegistry(port, `/v2/${name}/manifests/${tag}`)).body.toString());
  const [{ digest, size }] = manifest.layers;
  const path = `/v2/${name}/blobs/${digest}`;
  const whole = (await askRegistry(port, path)).body;
  assert.ok(size > 3 * 0xffff && gunzipSync(whole).length > 0);
  const places = [0, 1, 9, 10, 11, 14, 15, 16, 65_549, 65_550, 65_551, 131_090, size - 9, size - 8, size - 1];
  for (const from of places) {
    for (const last of [from, from + 6, from + 70_000, size - 1, size + 5]) {
      const { status, headers, body } = await askRegistry(port, path, { headers: { range: `bytes=${from}-${last}` } });
      if (last < from) continue;
      const end = Math.min(last, size - 1);
      assert.equal(status, 206, `${from}-${last}`);
      assert.equal(headers["content-range"], `bytes ${from}-${end}/${size}`);
      assert.ok(body.equals(whole.subarray(from, end + 1)), `${from}-${last}`);
    }
    const open = await askRegistry(port, path, { headers: { range: `bytes=${from}-` } });
    assert.ok(open.status === 206 && open.body.equals(whole.subarray(from)));
  }
  const tail = await askRegistry(port, path, { headers: { range: "bytes=-100" } });
  assert.ok(tail.status === 206 && tail.body.equals(whole.subarray(-100)));
  const beyond = await askRegistry(port, path, { headers: { range: `bytes=${size}-` } });
  assert.deepEqual([beyond.status, beyond.headers["content-range"]], [416, `bytes */${size}`]);
  for (const odd of ["bytes=5-4", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=-"]) {
    const { status, body } = await askRegistry(port, path, { headers: { range: odd } });
    assert.deepEqual([status, body.length], [200, size], odd);
  }
});

test("who does not know the name gets nothing, and nothing is taken", async () => {
  await using registry = await serve(PARTS);
  const { port, name, tag } = readReference(registry.reference);
  assert.match(name, /^[0-9a-f]{32}$/);
  const manifest = (await askRegistry(port, `/v2/${name}/manifests/${tag}`)).body;
  const { config } = JSON.parse(manifest.toString());
  const other = name.replace(/./, (first) => (first === "0" ? "1" : "0"));
  const paths = [
    "/",
    "/v2/_catalog",
    "/v1/_ping",
    `/v2/${name}/tags/list`,
    `/v2/${other}/manifests/${tag}`,
    `/v2/${other}/blobs/${config.digest}`,
    `/v2/${name}/manifests/latest`,
    `/v2/${name}/blobs/${digestOf(Buffer.from("other"))}`,
    `/v2/${name}/blobs/${digestOf(manifest)}`,
    `/v2/${name}/blobs/../manifests/${tag}`,
    `/v2/${name}//manifests/${tag}`,
    `/v2//${name}/manifests/${tag}`,
    `/v2/${name.toUpperCase()}/manifests/${tag}?`,
    `/v2/${name}/manifests/${tag}?a=b`,
    `/v2/${name}/manifests/${tag}/`,
    `/v2/%2e%2e/${name}/manifests/${tag}`,
    `/v2/${name}/blobs/${config.digest.replace(":", "%3a")}`,
    `/v2/${name}/blobs/uploads/`,
    `http://127.0.0.1:${port}/v2/${name}/manifests/${tag}`,
  ];
  for (const path of paths) {
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await askRegistry(port, path, { method });
      assert.equal(status, 404, path);
      if (method === "GET")
        assert.match(body.toString(), /^\{"errors":\[\{"code":"[A-Z_]+","message":"[a-z ]+"\}\]\}$/);
    }
  }
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    assert.equal((await askRegistry(port, `/v2/${name}/manifests/${tag}`, { method })).status, 405);
    assert.equal((await askRegistry(port, `/v2/${name}/blobs/uploads/`, { method })).status, 405);
  }
});

test("it listens on 127.0.0.1 alone, and its end cuts who still reads", async () => {
  const registry = await serve({ layers: [{ much: "x".repeat(32 << 20) }] });
  const { port, name, tag } = readReference(registry.reference);
  const refused = await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.2");
    socket.once("connect", () => resolve(socket.destroy() && "connected"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  assert.equal(refused, "ECONNREFUSED");
  const manifest = JSON.parse((await askRegistry(port, `/v2/${name}/manifests/${tag}`)).body.toString());
  const reader = connect(port, "127.0.0.1");
  const closed = new Promise((resolve) => reader.once("close", resolve));
  reader.on("error", () => {});
  reader.write(`GET /v2/${name}/blobs/${manifest.layers[0].digest} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise((resolve) => reader.once("readable", resolve));
  await registry.close();
  await registry.close();
  reader.resume();
  await closed;
  await assert.rejects(askRegistry(port, "/v2/"), /ECONNREFUSED/);
});

test("the Docker engine pulls it, and takes it for the derived image", { skip: skipWithout("docker") }, async (t) => {
  const path = join(top, "pulled.tar");
  writeFileSync(path, savedImage(PARTS));
  // The engine of a test run has a network namespace of its own.
  const engine = process.env.ENGINE_PID;
  const enter = engine === undefined ? [] : [programPath("nsenter") ?? "nsenter", `--net=/proc/${engine}/ns/net`];
  const child = join(import.meta.dirname, "registry-child.ts");
  const [program = "", ...args] = [...enter, process.execPath, "--no-warnings", child, path];
  const serving = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(serving, "close");
  const [line] = (await once(serving.stdout, "data")) as [Buffer];
  const reference = line.toString().trim();
  t.after(() => void docker(["image", "rm", "--force", reference]));
  docker(["image", "pull", reference]);
  const [{ Id, Config, RootFS }] = JSON.parse(docker(["image", "inspect", reference]));
  const { config, layers } = makeImage(PARTS);
  assert.equal(Id, digestOf(derivedConfig(config)));
  assert.deepEqual([Config.User, Config.Entrypoint], ["", IDLE]);
  assert.deepEqual(RootFS.Layers, layers.map(digestOf));
  serving.stdin.end();
  await ended;
});
