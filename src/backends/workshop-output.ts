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

/** What a job says on stderr that is kept; the rest is dropped. */
const MAX_WORDS = 16_384;

/** Keeps the beginning of what a job says on stderr. */
export function collectWords(): { readonly push: (chunk: Buffer) => void; readonly text: () => string } {
  let words = Buffer.alloc(0);
  return {
    push: (chunk) => {
      if (words.length < MAX_WORDS) words = Buffer.concat([words, chunk.subarray(0, MAX_WORDS - words.length)]);
    },
    text: () => words.toString("utf8"),
  };
}

/** Calls `end` when a job's time is over (`longestMs` where it says none) or its signal comes, until it is disposed of. */
export function endInTime(
  { timeoutMs, signal }: Pick<WorkshopJob, "timeoutMs" | "signal">,
  longestMs: number,
  end: () => void,
): Disposable & { readonly timedOut: boolean } {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs ?? longestMs);
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  return {
    get timedOut() {
      return timedOut;
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    },
  };
}
