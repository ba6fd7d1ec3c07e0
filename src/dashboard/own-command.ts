import { startProgram } from "../host/started-program.ts";

/** What a command of ours said, and whether it went well. */
export interface Said {
  readonly ok: boolean;
  readonly text: string;
}

/** This very program, and what it is started with. */
export interface OwnProgram {
  /** Program, its own options, script. */
  readonly self: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const MOST = 1 << 20;
/** Building an image may take long; nothing else does. */
const LONGEST_MS = 15 * 60_000;
/** After the command has ended, what still holds its pipes is not waited for. */
const HELD_MS = 200;

/**
 * Runs `bottle WORDS` without a terminal and collects what it says. In a session of its own: Ctrl-C on the dashboard's
 * terminal is not meant for it, and it goes on when the dashboard ends.
 */
export function runOwn({ self, cwd, env }: OwnProgram, words: readonly string[]): Promise<Said> {
  const [program = "", ...first] = self;
  return new Promise((resolve) => {
    let out = "";
    let err = "";
    const child = startProgram(program, [...first, ...words], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const limit = setTimeout(() => child.kill("SIGTERM"), LONGEST_MS);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (out.length < MOST) out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (err.length < MOST) err += text;
    });
    let held: NodeJS.Timeout | undefined;
    const end = (ok: boolean, why: string) => {
      clearTimeout(limit);
      clearTimeout(held);
      child.stdout?.destroy();
      child.stderr?.destroy();
      // What went wrong is said first; of what went well the data.
      resolve({ ok, text: ok ? out + err : err + out + why });
    };
    child.once("error", (error) => end(false, error.message));
    child.once("exit", (code) => {
      held = setTimeout(() => end(code === 0, `exit ${code ?? "by a signal"}`), HELD_MS);
    });
    child.once("close", (code) => end(code === 0, `exit ${code ?? "by a signal"}`));
  });
}
