import { once } from "node:events";
import { createConnection, createServer, type Server } from "node:net";
import type { Readable } from "node:stream";
import type { Secret } from "../core/model/secret.ts";
import { listenPrivately } from "../host/private-socket.ts";
import { searchFor } from "./secret-search.ts";

const QUIET_MS = 60_000;

/**
 * Answers, in the host process of a bottle, which of its credentials lie in a stream. Only that process has their
 * values, old ones among them; no value goes over the socket, which lies in the operator's own 0700 folder. Bytes in up
 * to the end, then one JSON line out: the names found.
 */
export async function serveSearch(path: string, known: () => readonly Secret[]): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.setTimeout(QUIET_MS, () => socket.destroy());
    socket.on("error", () => undefined);
    try {
      const detector = searchFor(known());
      const found = new Set<string>();
      for await (const piece of socket) for (const name of detector.push(piece as Buffer)) found.add(name);
      socket.end(`${JSON.stringify({ found: [...found] })}\n`);
    } catch {
      // Without an answer the other side brings nothing in.
      socket.destroy();
    }
  });
  return listenPrivately(server, path);
}

/** Asks the host process of a bottle; null when it does not answer, or did not see the whole stream. */
export async function askSearch(path: string, stream: Readable): Promise<readonly string[] | null> {
  const socket = createConnection({ path, allowHalfOpen: true });
  try {
    const answer = readAll(socket);
    answer.catch(() => undefined);
    for await (const piece of stream) {
      if (!socket.write(piece)) await Promise.race([once(socket, "drain"), answer]);
    }
    socket.end();
    const value: unknown = JSON.parse(await answer);
    const found = typeof value === "object" && value !== null && "found" in value ? value.found : null;
    return Array.isArray(found) && found.every((name) => typeof name === "string") ? found : null;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

async function readAll(socket: import("node:net").Socket): Promise<string> {
  let text = "";
  for await (const piece of socket.setEncoding("utf8")) {
    text += piece;
    if (text.length > 1 << 16) break;
  }
  return text;
}
