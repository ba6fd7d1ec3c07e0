import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { exitCode } from "./exec.ts";
import { startProgram } from "./started-program.ts";

const WORDS_BYTES = 16 * 1024;

/**
 * Runs a host command in a session of its own, on `input` where there is one, and hands on its stdout piece by piece, at
 * the pace of `each`; when that throws, or the signal aborts, the command is killed and this rejects. `words`: the first 16 KiB of its stderr.
 * Rejects with HOST_UNFIT when it cannot be started, BOTTLE_GONE after an abort.
 */
export async function streamed(
  command: HostCommand,
  each: (piece: Buffer) => void | Promise<void>,
  signal: AbortSignal,
  input?: Uint8Array,
): Promise<{ readonly code: number; readonly words: string }> {
  const [program = "", ...args] = command.argv;
  const child = startProgram(program, args, {
    env: { ...command.env },
    cwd: "/",
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    detached: true,
  });
  const kill = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  };
  const closed = new Promise<number>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new BottleError("HOST_UNFIT", `cannot run ${program}: ${cause.message}`, { cause })),
    );
    child.once("close", (code, name) => resolve(exitCode(code, name)));
  });
  closed.catch(() => undefined);
  // It may end without reading all of it.
  child.stdin?.on("error", () => undefined).end(input);
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    if (words.length < WORDS_BYTES) words += text.slice(0, WORDS_BYTES - words.length);
  });
  signal.addEventListener("abort", kill, { once: true });
  try {
    if (signal.aborted) kill();
    for await (const piece of child.stdout ?? []) await each(piece as Buffer);
    const code = await closed;
    if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
    return { code, words };
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}
