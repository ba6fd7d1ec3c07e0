import { spawnSync } from "node:child_process";
import { setImmediate as turn } from "node:timers/promises";
import { exitCode } from "../host/exec.ts";
import { startProgram } from "../host/started-program.ts";
import { keepTerminal } from "../host/terminal.ts";
import type { OwnProgram } from "./own-command.ts";

/** How what had the terminal ended. */
export interface HandedBack {
  readonly code: number;
  /** The end of what it said on stderr, where that was kept. */
  readonly words: string;
}

const WORDS = 2000;
/** A program that was told to end has so long to do it. */
const END_MS = 5000;

/** Nothing of this process reads the terminal any more: a turn for what Ink took off, then the stream itself (nodejs/node#12101). */
async function letGo(): Promise<void> {
  await turn();
  process.stdin.pause();
  // Node stops the reading itself a tick later: not after Ink has begun it again.
  await turn();
}

/**
 * Gives the terminal to `bottle WORDS` until it ends, and takes it back as it was. Called while Ink has let go of it.
 * `talk`: what it says on stderr is kept too; not for what has an editor on it. `signal`: this program is to end, and what
 * has the terminal before it.
 */
export async function handOver(
  { self, cwd, env }: OwnProgram,
  words: readonly string[],
  stty: string | undefined,
  talk: boolean,
  signal?: AbortSignal,
): Promise<HandedBack> {
  await letGo();
  const terminal = keepTerminal(stty);
  const [program = "", ...first] = self;
  let said = "";
  let late: NodeJS.Timeout | undefined;
  let tell = () => {};
  try {
    return await new Promise<HandedBack>((resolve) => {
      const child = startProgram(program, [...first, ...words], {
        cwd,
        env,
        stdio: ["inherit", "inherit", talk ? "pipe" : "inherit"],
      });
      // Two that read one terminal share its keys out.
      tell = () => {
        child.kill("SIGTERM");
        late = setTimeout(() => child.kill("SIGKILL"), END_MS);
      };
      signal?.addEventListener("abort", tell, { once: true });
      if (signal?.aborted === true) tell();
      child.stderr?.on("data", (piece: Buffer) => {
        process.stderr.write(piece);
        said = (said + piece.toString("utf8")).slice(-WORDS);
      });
      child.once("error", (error) => resolve({ code: 127, words: error.message }));
      child.once("close", (code, killed) => resolve({ code: exitCode(code, killed), words: said }));
    });
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", tell);
    terminal.restore();
  }
}

/**
 * Stops this process and what shares its group, as Ctrl-Z does; resolves when it goes on. The child is stopped along, and
 * only its end ends the wait: no clock has a part in it.
 */
export async function suspend(): Promise<void> {
  await letGo();
  spawnSync("/bin/sh", ["-c", "kill -TSTP 0"], { stdio: "ignore", env: {} });
}
