import { constants } from "node:os";
import { finished, type Readable } from "node:stream";
import type { ExecResult, HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { startProgram, unstarted } from "./started-program.ts";

export interface RunOptions {
  readonly stdin?: Readable | Uint8Array;
  /** The whole process group is killed after this long, and no descendant that outlives it is listened to. Default: no limit. */
  readonly timeoutMs?: number;
  /** Greatest bytes kept of each of stdout and stderr; more is read and dropped. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Called with each piece as it comes, instead of collecting it. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

export interface RunResult extends ExecResult {
  readonly timedOut: boolean;
  /** True when more than `maxBytes` came and the rest was dropped. */
  readonly truncated: boolean;
  /** Why the stream that it read from broke off, or null: the command itself saw only an end. */
  readonly inputError: Error | null;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/**
 * After the command itself has ended, a descendant that still holds its pipes is waited for only this long without a byte
 * that is kept.
 */
export const HELD_PIPE_MS = 150;

/** Exit code as a shell would say it: 128+n when signal n ended the process. */
export function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  if (signal !== null) return 128 + (constants.signals[signal] ?? 0);
  return code ?? 255;
}

/**
 * Runs a host command to its end with exactly the environment that it names, in a session and process group of its
 * own, so that nothing in it can signal us through the group (attack row 138). An exit code is data.
 * Rejects with HOST_UNFIT when the program cannot be started.
 */
export function run(command: HostCommand, options: RunOptions = {}): Promise<RunResult> {
  const [program, ...args] = command.argv;
  if (program === undefined || !program.startsWith("/")) {
    return Promise.reject(new BottleError("INVARIANT", `not an absolute program: ${program ?? "nothing"}`));
  }
  return new Promise((resolve, reject) => {
    const child = startProgram(program, args, {
      env: { ...command.env },
      cwd: "/",
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true,
    });
    let timedOut = false;
    const killGroup = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            killGroup();
            // The command itself has ended: a descendant that prints for ever would be read for ever.
            if (held !== undefined) letGo();
          }, options.timeoutMs);
    options.signal?.addEventListener("abort", killGroup, { once: true });
    if (options.signal?.aborted) killGroup();

    const limit = options.maxBytes ?? DEFAULT_MAX_BYTES;
    const stdout = collector(limit, options.onStdout);
    const stderr = collector(limit, options.onStderr);
    let held: NodeJS.Timeout | undefined;
    const letGo = () => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const piece = (into: Collector) => (chunk: Buffer) => {
      if (into.push(chunk)) held?.refresh();
    };
    child.stdout?.on("data", piece(stdout));
    child.stderr?.on("data", piece(stderr));

    let inputError: Error | null = null;
    if (options.stdin !== undefined && child.stdin !== null) {
      feed(options.stdin, child.stdin, (error) => {
        inputError = error;
      });
    }

    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(unstarted(program, cause));
    });
    child.once("exit", () => {
      held = setTimeout(letGo, HELD_PIPE_MS);
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      clearTimeout(held);
      options.signal?.removeEventListener("abort", killGroup);
      resolve({
        code: exitCode(code, signal),
        stdout: stdout.bytes(),
        stderr: stderr.bytes(),
        timedOut,
        truncated: stdout.truncated() || stderr.truncated(),
        inputError,
      });
    });
  });
}

interface Collector {
  /** False: nothing of it was wanted. */
  push(chunk: Buffer): boolean;
  bytes(): Buffer;
  truncated(): boolean;
}

function collector(limit: number, onChunk: ((chunk: Buffer) => void) | undefined): Collector {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = false;
  return {
    push(chunk) {
      if (onChunk !== undefined) {
        onChunk(chunk);
        return true;
      }
      const room = limit - kept;
      if (chunk.length > room) dropped = true;
      if (room <= 0) return false;
      // A copy: keeping a slice would keep the whole read buffer alive.
      const piece = chunk.length > room ? Buffer.from(chunk.subarray(0, room)) : chunk;
      chunks.push(piece);
      kept += piece.length;
      return true;
    },
    bytes: () => Buffer.concat(chunks),
    truncated: () => dropped,
  };
}

function feed(from: Readable | Uint8Array, to: NodeJS.WritableStream, broken: (error: Error) => void): void {
  // The command may end without reading all of its input; that is its own affair (EPIPE).
  to.on("error", () => {});
  if (from instanceof Uint8Array) {
    to.end(from);
    return;
  }
  // `finished` and not the event: a stream that broke before it came here says it no second time.
  finished(from, { writable: false }, (error) => {
    if (error != null) broken(error);
    to.end();
  });
  from.pipe(to);
}
