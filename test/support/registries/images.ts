import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

const OCI = "application/vnd.oci.image";
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** What is wrong with a registry, for who must notice. */
export type Damage = "layer" | "manifest" | "media-type" | "diff" | "size";

export interface ImageRegistry {
  /** `127.0.0.1:PORT/test/image:1`. */
  readonly reference: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** Answers of layers are held back until `release`. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

/** A registry (OCI distribution, read only) of one image on loopback; `layers` are plain tars, every second one is sent gzipped. */
export async function imageRegistry(
  layers: readonly Buffer[],
  config: Readonly<Record<string, unknown>> = {},
  damage: Damage | null = null,
): Promise<ImageRegistry> {
  const blobs = new Map<string, Buffer>();
  const put = (mediaType: string, bytes: Buffer) => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length + (damage === "size" ? 1 : 0) };
  };
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const ids = layers.map((layer) => digestOf(damage === "diff" ? Buffer.concat([layer, Buffer.alloc(1)]) : layer));
  const rootfs = { type: "layers", diff_ids: ids };
  const body = Buffer.from(JSON.stringify({ architecture, os: "linux", config, rootfs }));
  const type = damage === "media-type" ? "application/zip" : `${OCI}.layer.v1.tar`;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${OCI}.manifest.v1+json`,
      config: put(`${OCI}.config.v1+json`, body),
      layers: layers.map((layer, index) => (index % 2 === 0 ? put(type, layer) : put(`${type}+gzip`, gzipSync(layer)))),
    }),
  );
  const asked: string[] = [];
  let waiting: Promise<void> = Promise.resolve();
  let release = () => {};
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    if (path === "/v2/") return void response.end("{}");
    if (path === "/v2/test/image/manifests/1") {
      const digest = damage === "manifest" ? digestOf(Buffer.alloc(1)) : digestOf(manifest);
      response.writeHead(200, { "content-type": `${OCI}.manifest.v1+json`, "docker-content-digest": digest });
      return void response.end(manifest);
    }
    const blob = blobs.get(path.replace("/v2/test/image/blobs/", ""));
    if (blob === undefined) return void response.writeHead(404).end();
    await waiting;
    response.writeHead(200, { "content-length": blob.length });
    response.end(damage === "layer" && !blob.equals(body) ? Buffer.alloc(blob.length) : blob);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    reference: `127.0.0.1:${(server.address() as AddressInfo).port}/test/image:1`,
    asked,
    hold: () => {
      waiting = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    close: async () => {
      release();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
