import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { HostCommand } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import { shellLine, shellWord } from "../core/wire/shell-words.ts";
import type { Clipboard } from "../core/wire/terminal-output.ts";
import { exitCode, run } from "./exec.ts";
import { writeFileAtomically } from "./files.ts";
import { startProgram } from "./started-program.ts";
import { clientFeatures, holderConfig } from "./terminal-holder/config.ts";

/** Absolute paths of the tools that hold a terminal. */
export interface HolderTools {
  readonly tmux: string;
  /** util-linux: the holder ends with the process that started it, however that ends. */
  readonly setpriv: string;
}

/** Where it is, all absolute, in a folder that is closed to others. */
export interface HolderFiles {
  readonly socket: string;
  readonly config: string;
  readonly script: string;
  readonly exit: string;
}

export interface HolderStart {
  readonly tools: HolderTools;
  readonly files: HolderFiles;
  /** The bottle's, shown in titles. */
  readonly name: string;
  /** What runs on the terminal. */
  readonly command: HostCommand;
  readonly columns: number;
  readonly rows: number;
  readonly clipboard: Clipboard;
}

/** Resolves when the command has ended, with its exit code; 129 (SIGHUP) when only the terminal went away. */
export interface Holder {
  readonly ended: Promise<number>;
}

/** What is typed to leave an attached terminal, in words. */
export const DETACH_KEYS = "Ctrl-] d";
/** Older ones hand what a program wraps for another terminal on to the operator's, whatever it is. */
const OLDEST = [3, 3] as const;
/** What names the operator's terminal and where it is described: terminals of their own folder set TERMINFO (terminfo(5)). */
const TERMINAL_VARIABLES = ["TERM", "TERMINFO", "TERMINFO_DIRS", "HOME"] as const;
const START_MS = 10_000;
const POLL_MS = 10;
const HANGUP = 129;

/**
 * The tools, where this machine has them. Errors: HOST_UNFIT, also for a tmux that is too old.
 */
export async function findHolderTools(tools: Readonly<Record<string, string>>): Promise<HolderTools> {
  const { tmux, setpriv } = tools;
  const hint = "apt install tmux; without it: start it in the foreground, or with -p";
  const facts = { finding: "tmux-missing" };
  if (tmux === undefined) {
    throw new BottleError("HOST_UNFIT", "a detached agent needs tmux, which holds its terminal", { hint, facts });
  }
  if (setpriv === undefined) {
    throw new BottleError("HOST_UNFIT", "setpriv is missing", { hint: "apt install util-linux", facts });
  }
  const said = (await run({ argv: [tmux, "-V"], env: {} }, { timeoutMs: START_MS })).stdout.toString("latin1").trim();
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(said) ?? [];
  if (Number(major) * 1000 + Number(minor) >= OLDEST[0] * 1000 + OLDEST[1] || /master/.test(said)) {
    return { tmux, setpriv };
  }
  throw new BottleError("HOST_UNFIT", `${said} is too old: a detached agent needs tmux ${OLDEST.join(".")}`, {
    hint,
    facts,
  });
}

/**
 * Runs `command` on a terminal that outlives every terminal of the operator: one tmux server for it alone, a child of
 * this process, whose environment is the command's and nothing else (attack row 147). It ends with the command, and
 * with this process. Errors: CREATE_FAILED.
 */
export async function holdTerminal(start: HolderStart): Promise<Holder> {
  const { tools, files, name, command } = start;
  await writeFileAtomically(files.config, holderConfig(start));
  // By a file: what goes to tmux as arguments may not be longer than 16 KiB.
  await writeFileAtomically(files.script, holderScript(command, files.exit));
  const server = startProgram(
    tools.setpriv,
    ["--pdeathsig", "TERM", tools.tmux, "-D", "-S", files.socket, "-f", files.config],
    { env: { ...command.env, LC_CTYPE: "C.UTF-8" }, cwd: "/", stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  let words = "";
  let over = false;
  server.stderr.on("data", (piece: Buffer) => {
    words = (words + piece.toString("latin1")).slice(-2000);
  });
  const ended = new Promise<number>((resolve, reject) => {
    server.once("error", (cause) => reject(new BottleError("HOST_UNFIT", `cannot run ${tools.setpriv}`, { cause })));
    server.once("close", (code, signal) => {
      over = true;
      readExit(files.exit).then((own) => resolve(own ?? Math.max(HANGUP, exitCode(code, signal))), reject);
    });
  });
  ended.catch(() => undefined); // for who waits for it
  const session = [
    ...["new-session", "-d", "-s", name, "-c", "/", "-x", String(start.columns), "-y", String(start.rows)],
    ...["--", "/bin/sh", files.script],
    // Not before there is a session: one that nobody holds would end at once.
    ...[";", "set", "-s", "exit-empty", "on"],
  ];
  const deadline = performance.now() + START_MS;
  for (;;) {
    const asked = await run(
      { argv: [tools.tmux, "-N", "-S", files.socket, ...session], env: { LC_CTYPE: "C.UTF-8" } },
      { timeoutMs: START_MS },
    );
    if (asked.code === 0) return { ended };
    if (over || performance.now() > deadline) {
      server.kill("SIGKILL");
      const said = `${asked.stderr.toString("latin1")} ${words}`.trim();
      throw new BottleError("CREATE_FAILED", `tmux could not hold the agent's terminal: ${said}`);
    }
    // It does not say when it listens.
    await delay(POLL_MS);
  }
}

/** The shell that is the terminal's session leader: whatever signal reaches it, it waits for the command's own code. */
function holderScript({ argv }: HostCommand, exit: string): string {
  return `trap : HUP INT QUIT TERM\n${shellLine(argv)}\nprintf '%s\\n' "$?" >${shellWord(exit)}\n`;
}

async function readExit(path: string): Promise<number | null> {
  const text = await readFile(path, "latin1").catch(() => "");
  return /^\d{1,3}\n$/.test(text) ? Number(text) : null;
}

/** PURE: the command that shows a held terminal on the one it runs on. It ends with the process that started it. */
export function attachCommand(
  { tmux, setpriv }: HolderTools,
  socket: string,
  env: Readonly<Record<string, string | undefined>>,
  readOnly: boolean,
): HostCommand {
  const own = TERMINAL_VARIABLES.flatMap((variable) => {
    const value = env[variable];
    return value === undefined ? [] : [[variable, value] as const];
  });
  const before = [setpriv, "--pdeathsig", "TERM", tmux, "-N", "-u", "-S", socket, "-T", clientFeatures(env)];
  return {
    argv: [...before, "attach-session", ...(readOnly ? ["-r"] : [])],
    // Not one variable more: tmux tells its server all of them.
    env: { TERM: "", ...Object.fromEntries(own), LC_CTYPE: "C.UTF-8" },
  };
}

/**
 * Draws an attached terminal anew: `tty` is its device. Bytes of another process may have come between the halves of what
 * tmux was writing.
 */
export async function redraw({ tmux }: HolderTools, socket: string, tty: string): Promise<void> {
  await run({ argv: [tmux, "-N", "-S", socket, "refresh-client", "-t", tty], env: {} }, { timeoutMs: START_MS });
}

/** Is there a terminal held at this socket? */
export async function isHeld({ tmux }: HolderTools, socket: string): Promise<boolean> {
  const asked = await run({ argv: [tmux, "-N", "-S", socket, "has-session"], env: {} }, { timeoutMs: START_MS });
  return asked.code === 0;
}
