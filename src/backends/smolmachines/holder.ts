import { setTimeout as delay } from "node:timers/promises";
import type { BottleError } from "../../core/model/errors.ts";
import { startProgram } from "../../host/started-program.ts";
import { smolvmError } from "./command-line.ts";
import { READY } from "./holder-program.ts";
import { type Reach, reachCommand } from "./reach.ts";

/** The command in a machine that the bottle lives by. */
export interface Holder {
  /** Resolves when the way out is open and commands can come in. Rejects with CREATE_FAILED or HOST_UNFIT. */
  readonly ready: Promise<void>;
  /** Resolves when its client has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends its input: it kills whatever runs, and ends. Idempotent. */
  end(): void;
}

const READY_MS = 60_000;
const WORDS = 16_384;

/**
 * Runs `words` in a machine, with an input that this process holds: when it dies, by kill -9 too, the pipe ends, and with
 * it whatever runs in the machine.
 */
export function openHolder(reach: Reach, words: readonly string[]): Holder {
  const {
    argv: [program = "", ...args],
    env,
  } = reachCommand(reach, true, words);
  const client = startProgram(program, args, {
    env: { ...env },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of client.stdio) stream?.on("error", () => {});
  let said = "";
  client.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (said.length < WORDS) said += chunk;
  });
  const exited = new Promise<number>((resolve) => {
    client.once("error", () => resolve(127));
    client.once("close", (code) => resolve(code ?? 255));
  });
  const failure = async (timedOut: boolean): Promise<BottleError> =>
    smolvmError(
      { code: timedOut ? 0 : await exited, stderr: Buffer.from(said), timedOut },
      ["machine", "exec"],
      "CREATE_FAILED",
    );
  const ready = (async () => {
    const abort = new AbortController();
    const word = new Promise<"ready">((resolve) => {
      let text = "";
      client.stdout?.setEncoding("latin1").on("data", (chunk: string) => {
        if (text.length < 64) text += chunk;
        if (text.startsWith(`${READY}\n`)) resolve("ready");
      });
    });
    const late = delay(READY_MS, "late" as const, { ref: false, signal: abort.signal }).catch(() => "late" as const);
    const first = await Promise.race([word, exited.then(() => "ended" as const), late]);
    abort.abort();
    if (first !== "ready") throw await failure(first === "late");
  })();
  ready.catch(() => {}); // reported by who waits for it
  return { ready, ended: exited.then(() => {}), end: () => void client.stdin?.end() };
}
