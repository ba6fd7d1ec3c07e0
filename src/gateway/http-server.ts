import type { Server } from "node:http";
import { boundChunkLines } from "./chunk-lines.ts";
import type { GatewayLimits } from "./limits.ts";
import { http } from "./node-http.ts";
import { boundPipelining } from "./pipelining.ts";

/**
 * An HTTP server that never listens: connections are handed to it. Strict parser; sizes and times of `limits`; header
 * fields are never cut silently, since `core/wire` counts them (attack rows 47 to 49, 121, 122).
 */
export function createHttpServer(limits: GatewayLimits): Server {
  const server = http.createServer({
    insecureHTTPParser: false,
    maxHeaderSize: limits.headBytes,
    headersTimeout: limits.headMs,
    // A body may take long; that it moves is watched where it is read.
    requestTimeout: 0,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(1000, limits.headMs),
    // Host fields are judged by core/wire, so that a refusal leaves a line in the audit log.
    requireHostHeader: false,
  });
  server.maxHeadersCount = 0;
  boundPipelining(server, limits.pipelined);
  boundChunkLines(server);
  // Node starts the timer behind `headersTimeout` when a server listens. This one never does, its sockets come from
  // elsewhere; without this a slow head would be waited for without end (attack row 121).
  server.emit("listening");
  return server;
}
