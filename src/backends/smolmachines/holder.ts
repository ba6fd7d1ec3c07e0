import type { ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../core/model/errors.ts";
import { startProgram } from "../../host/started-program.ts";
import { smolvmError } from "./command-line.ts";
import { openExecWay } from "./exec-way.ts";
import { carrierWords, READY } from "./frame-relay.ts";
import { LONG_MS } from "./long-call.ts";
import { type Reach, reachCommand } from "./reach.ts";

/** The command in a machine that the bottle lives by. */
export interface Holder {
  /** Resolves when the way out is open and commands can come in. Rejects with CREATE_FAILED or HOST_UNFIT. */
  readonly ready: Promise<void>;
  /** Resolves when its client has ended, whoever ended it; with why this process ended it, in words, or null. */
  readonly ended: Promise<string | null>;
  /** Ends its input: it kills whatever runs, and ends. Idempotent. */
  end(): void;
}

/** Begins a command in a machine as its root, with pipes for its input and its outputs. */
export type OpenExec = (words: readonly string[]) => ChildProcess;

const WORDS = 16_384;

/** What begins commands in a machine. */
export function execOpener(reach: Reach): OpenExec {
  return (words) => {
    const {
      argv: [program = "", ...args],
      env,
    } = reachCommand(reach, true, words);
    return startProgram(program, args, {
      env: { ...env },
      cwd: "/",
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
  };
}

/**
 * Runs `words` in a machine, with an input that this process holds: when it dies, by kill -9 too, the pipe ends, and with
 * it whatever runs in the machine. `gateway`: path of the socket to which connections from inside lead over the holder's
 * input and output and those of more commands; null: they have a way of their own.
 */
export function openHolder(open: OpenExec, words: readonly string[], gateway: string | null): Holder {
  const client = open(words);
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
  let broken: string | null = null;
  const { stdin } = client;
  const way =
    gateway === null || stdin === null
      ? null
      : openExecWay({
          stdin,
          carrier: () => open(carrierWords()),
          connect: () => connect({ path: gateway, allowHalfOpen: true }),
          onBroken: (why) => {
            broken = `the gateway's way into the machine broke: ${why}`;
            stdin.end();
            // What is in a machine that breaks the rules may not heed the end of its input.
            client.kill("SIGKILL");
          },
        });
  void exited.then(() => way?.close());
  const word = openingWord(client, (piece) => way?.push(piece));
  const ready = (async () => {
    const abort = new AbortController();
    // An image that runs nothing is read by the machine's first command.
    const late = delay(LONG_MS, "late" as const, { ref: false, signal: abort.signal }).catch(() => "late" as const);
    const first = await Promise.race([word, exited.then(() => "ended" as const), late]);
    abort.abort();
    if (first === "ready") return;
    if (broken !== null) throw new BottleError("CREATE_FAILED", broken);
    throw await failure(first === "late");
  })();
  ready.catch(() => {}); // reported by who waits for it
  return { ready, ended: exited.then(() => broken), end: () => void stdin?.end() };
}

/** Resolves with its first line, `READY`; hands what follows to `rest`. */
function openingWord(client: ChildProcess, rest: (piece: Buffer) => void): Promise<"ready"> {
  const line = Buffer.from(`${READY}\n`);
  return new Promise((resolve) => {
    let head: Buffer | null = Buffer.alloc(0);
    client.stdout?.on("data", (piece: Buffer) => {
      if (head === null) return rest(piece);
      head = Buffer.concat([head, piece]);
      if (head.length < line.length) return;
      if (!head.subarray(0, line.length).equals(line)) {
        // Never ready: its words on stderr, or the clock, tell.
        head = head.subarray(0, line.length);
        return;
      }
      const after = head.subarray(line.length);
      head = null;
      resolve("ready");
      if (after.length > 0) rest(after);
    });
  });
}
