import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** Bytes that chunk lines may take between two pieces of content: far more than Node reads at once. */
const LINE_BYTES = 256 * 1024;
const CHECK_MS = 1000;

/**
 * Ends a connection whose chunked body sends lines without content for ever: Node's parser takes any number of zeros before
 * a chunk's size, and calls nobody meanwhile (attack row 48). Refused as any other malformed request.
 */
export function boundChunkLines(server: Server): void {
  /** Bytes that the connection had brought when its body last had content. */
  const open = new Map<IncomingMessage, number>();
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    for (const [request, before] of open) {
      const { socket } = request;
      if (socket.bytesRead - before <= LINE_BYTES) continue;
      open.delete(request);
      server.emit(
        "clientError",
        Object.assign(new Error("endless chunk line"), { code: "HPE_INVALID_CHUNK_SIZE" }),
        socket,
      );
    }
    if (open.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
  const watch = (request: IncomingMessage) => {
    if (request.headers["transfer-encoding"] === undefined) return;
    const { socket }: { socket: Socket } = request;
    const mark = () => open.set(request, socket.bytesRead);
    const leave = () => open.delete(request);
    mark();
    // A listener of "data" would begin to read the body.
    const push = request.push.bind(request);
    request.push = (piece: unknown, encoding?: BufferEncoding) => {
      if (piece === null) leave();
      else if (open.has(request)) mark();
      return push(piece, encoding);
    };
    request.once("close", () => {
      leave();
      socket.off("close", leave);
    });
    socket.once("close", leave);
    timer ??= setInterval(check, CHECK_MS).unref();
  };
  for (const event of ["request", "checkContinue", "checkExpectation"]) server.on(event, watch);
  server.once("close", () => clearInterval(timer));
}
