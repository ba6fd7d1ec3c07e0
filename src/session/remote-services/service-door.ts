import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { ServiceHandler } from "../../gateway/gateway.ts";
import { socketPair } from "../../host/socket-pair.ts";

/** Longest head of a request to a service, and how long it may take. */
const HEAD_BYTES = 16 << 10;
const HEAD_MS = 30_000;

/** Makes connections to a service of this process, one for each call: a server that listens nowhere. */
export function serviceDoor(handler: ServiceHandler): () => Promise<Socket> {
  const server = createServer({ maxHeaderSize: HEAD_BYTES, headersTimeout: HEAD_MS, requestTimeout: 0 }, handler);
  return async () => {
    const [near, far] = await socketPair();
    far.on("error", () => undefined);
    server.emit("connection", far);
    return near;
  };
}
