import assert from "node:assert/strict";
import { request } from "node:http";
import { gunzipSync } from "node:zlib";
import { digestOf } from "./saved-image.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** One request to 127.0.0.1, its path exactly as written. */
export function askRegistry(
  port: number,
  path: string,
  { method = "GET", headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(pieces) }),
      );
    });
    sent.once("error", reject);
    sent.end();
  });
}

/** `127.0.0.1:PORT/NAME:TAG` in its parts. */
export function readReference(reference: string): {
  readonly port: number;
  readonly name: string;
  readonly tag: string;
} {
  const [, port, name = "", tag = ""] = /^127\.0\.0\.1:(\d+)\/([a-z0-9]+):([a-z0-9]+)$/.exec(reference) ?? [];
  assert.ok(port !== undefined, reference);
  return { port: Number(port), name, tag };
}

/** What a client got of an image. */
export interface Pulled {
  readonly config: Buffer;
  /** Uncompressed, the lowest first. */
  readonly layers: readonly Buffer[];
}

/**
 * Pulls an image as a strict client does (OCI distribution specification 1.1, "Pull"): asks what it speaks to, takes the
 * manifest by its tag, and believes no digest, size or type that it did not compare.
 */
export async function pullImage(reference: string): Promise<Pulled> {
  const { port, name, tag } = readReference(reference);
  const root = await askRegistry(port, "/v2/");
  assert.equal(root.status, 200);
  const accept = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const path = `/v2/${name}/manifests/${tag}`;
  const [head, manifest] = [
    await askRegistry(port, path, { method: "HEAD", headers: accept }),
    await askRegistry(port, path, { headers: accept }),
  ];
  assert.deepEqual([head.status, manifest.status, head.body.length], [200, 200, 0]);
  const digest = digestOf(manifest.body);
  for (const { headers } of [head, manifest]) {
    assert.equal(headers["content-type"], "application/vnd.oci.image.manifest.v1+json");
    assert.equal(headers["docker-content-digest"], digest);
    assert.equal(headers["content-length"], String(manifest.body.length));
  }
  const same = await askRegistry(port, `/v2/${name}/manifests/${digest}`, { headers: accept });
  assert.deepEqual(same.body, manifest.body);
  const read = JSON.parse(manifest.body.toString());
  assert.deepEqual([read.schemaVersion, read.mediaType], [2, "application/vnd.oci.image.manifest.v1+json"]);
  assert.equal(read.config.mediaType, "application/vnd.oci.image.config.v1+json");
  const blob = async ({ digest, size }: { digest: string; size: number }): Promise<Buffer> => {
    const place = `/v2/${name}/blobs/${digest}`;
    const known = await askRegistry(port, place, { method: "HEAD" });
    const { status, headers, body } = await askRegistry(port, place);
    assert.deepEqual([known.status, status], [200, 200]);
    assert.deepEqual([known.headers["content-length"], headers["content-length"]], [String(size), String(size)]);
    assert.deepEqual([body.length, digestOf(body)], [size, digest]);
    return body;
  };
  const config = await blob(read.config);
  const layers: Buffer[] = [];
  for (const layer of read.layers) {
    assert.equal(layer.mediaType, "application/vnd.oci.image.layer.v1.tar+gzip");
    layers.push(gunzipSync(await blob(layer)));
  }
  assert.deepEqual(JSON.parse(config.toString()).rootfs.diff_ids, layers.map(digestOf));
  return { config, layers };
}
