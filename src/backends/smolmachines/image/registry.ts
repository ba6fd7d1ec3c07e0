import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Content } from "./content.ts";
import { MANIFEST_TYPE, type ServedImage } from "./served-image.ts";

/** A registry on loopback that has one image. */
export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT/NAME:TAG`. Who does not know the name gets nothing, and no other name is known. */
  readonly reference: string;
  /** Cuts all connections and listens no more. Idempotent. */
  close(): Promise<void>;
}

const TAG = "image";
const MOST_CONNECTIONS = 64;
/** Of a connection on which nothing moves. */
const IDLE_MS = 60_000;

/**
 * Serves an image by the read-only part of the OCI distribution specification (1.1, "Pull"), plain HTTP on 127.0.0.1.
 * Rejects where no port can be had.
 */
export async function openRegistry(image: ServedImage): Promise<Registry> {
  const name = randomBytes(16).toString("hex");
  const server = createServer((request, response) => {
    answer(request, response, name, image).catch(() => response.destroy()); // its client has gone, or the file has
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.setTimeout(IDLE_MS, (socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0, exclusive: true }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closing;
  };
  return { reference: `127.0.0.1:${port}/${name}:${TAG}`, close, [Symbol.asyncDispose]: close };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  { manifest, blobs }: ServedImage,
): Promise<void> {
  request.resume();
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  const { method = "", url = "" } = request;
  if (method !== "GET" && method !== "HEAD") return refuse(response, 405, "UNSUPPORTED", "this registry is read-only");
  // By the letter: no escapes, no dots, no query.
  if (url === "/v2/" || url === "/v2") return say(response, 200, {});
  const [, asked, kind, reference = ""] =
    /^\/v2\/([0-9a-f]{32})\/(manifests|blobs)\/([a-z0-9:]{1,80})$/.exec(url) ?? [];
  if (asked !== name) return refuse(response, 404, "NAME_UNKNOWN", "no such repository");
  if (kind === "manifests") {
    if (reference !== TAG && reference !== manifest.digest) {
      return refuse(response, 404, "MANIFEST_UNKNOWN", "no such manifest");
    }
    return give(request, response, manifest, MANIFEST_TYPE, false);
  }
  const blob = blobs.find(({ digest }) => digest === reference);
  if (blob === undefined) return refuse(response, 404, "BLOB_UNKNOWN", "no such blob");
  return give(request, response, blob, "application/octet-stream", true);
}

async function give(
  request: IncomingMessage,
  response: ServerResponse,
  { digest, size, read }: Content,
  type: string,
  parts: boolean,
): Promise<void> {
  const headers = { "content-type": type, "docker-content-digest": digest, etag: `"${digest}"` };
  const asked = parts ? rangeOf(request.headers.range, size) : null;
  if (asked === "beyond") {
    response.setHeader("content-range", `bytes */${size}`);
    return refuse(response, 416, "SIZE_INVALID", "no such range");
  }
  const [from, to] = asked ?? [0, size];
  response.writeHead(asked === null ? 200 : 206, {
    ...headers,
    ...(parts && { "accept-ranges": "bytes" }),
    ...(asked !== null && { "content-range": `bytes ${from}-${to - 1}/${size}` }),
    "content-length": to - from,
  });
  if (request.method === "HEAD") response.end();
  else await pipeline(Readable.from(read(from, to), { objectMode: false }), response);
}

/**
 * What of `size` bytes a Range header asks for, as from and before (RFC 9110, 14.2). Null: all of it, also for what is no
 * single range of bytes, which a server may ignore. Pure.
 */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | "beyond" | null {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") return Number(last) === 0 || size === 0 ? "beyond" : [Math.max(0, size - Number(last)), size];
  const from = Number(first);
  const to = last === "" ? size : Math.min(size, Number(last) + 1);
  if (last !== "" && Number(last) < from) return null;
  return from >= size ? "beyond" : [from, to];
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  say(response, status, { errors: [{ code, message }] });
}

function say(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
