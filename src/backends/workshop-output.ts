import type { Readable } from "node:stream";
import type { WorkshopJob } from "./backend.ts";

const DEFAULT_MAX_BYTES = 1 << 20;

/** Reads what a job prints: kept up to 1 MiB, or handed on at the pace of who takes it. `drained`: the stream has closed. */
export function collect(stream: Readable, onChunk: WorkshopJob["onStdout"]) {
  const chunks: Buffer[] = [];
  let kept = 0;
  stream.on("data", (chunk: Buffer) => {
    const waiting = onChunk?.(chunk);
    if (waiting !== undefined) {
      stream.pause();
      void waiting.finally(() => stream.resume());
    }
    const room = DEFAULT_MAX_BYTES - kept;
    if (onChunk !== undefined || room <= 0) return;
    // A copy: keeping a slice would keep the whole read buffer alive.
    const piece = Buffer.from(chunk.subarray(0, room));
    chunks.push(piece);
    kept += piece.length;
  });
  return {
    bytes: () => Buffer.concat(chunks),
    drained: new Promise((resolve) => stream.once("close", resolve)),
  };
}
