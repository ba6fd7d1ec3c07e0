import { accessSync, constants, statSync } from "node:fs";
import type { HostCommand } from "../core/model/command.ts";
import type { Notice } from "../core/model/notice.ts";
import { run } from "./exec.ts";
import { findTool } from "./facts.ts";
import { isErrno } from "./files.ts";

/** The operator's own command, which is run for each notice. */
export interface NotifyCommand {
  /** Never throws and never waits: what the command makes of it is no matter of the bottle. */
  tell(notice: Notice): void;
  /** Resolves when all was told, or soon: what still runs then ends by its own limit. */
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

const LIMIT_SECONDS = 10;
const AT_ONCE = 2;
/** Beyond these, of a command that hangs each time, what is newest is dropped. */
const MOST_WAITING = 8;
const CLOSE_MS = 3_000;
/** What a desktop, a bus and tmux are reached by. No other variable: any may be a secret. */
const VARIABLES = [
  ...["HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM", "TMUX"],
  ...["XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"],
];

/** `argv` is the operator's, whole: no word of a notice becomes an argument. `say` gets a line for each kind of failure. */
export function notifyCommand(argv: readonly string[], env: Env, say: (line: string) => void): NotifyCommand {
  const waiting: Notice[] = [];
  const running = new Set<Promise<void>>();
  const said = new Set<string>();
  const failed = (why: string) => {
    if (said.has(why)) return;
    said.add(why);
    say(`bottle: the notify command ${why}`);
  };
  const next = (): void => {
    if (running.size >= AT_ONCE) return;
    const notice = waiting.shift();
    if (notice === undefined) return;
    const one: Promise<void> = run(noticeCommand(argv, env, notice), {
      stdin: Buffer.from(`${noticeJson(notice)}\n`),
      timeoutMs: (LIMIT_SECONDS + 3) * 1000,
      maxBytes: 1,
    })
      .then(
        ({ code, timedOut }) => {
          if (timedOut || code === 124 || code === 137) failed(`did not end within ${LIMIT_SECONDS} s`);
          else if (code !== 0) failed(`ended with exit code ${code}`);
        },
        () => failed("cannot be run"),
      )
      .finally(() => {
        running.delete(one);
        next();
      });
    running.add(one);
  };
  return {
    tell: (notice) => {
      if (waiting.length >= MOST_WAITING) return failed("is too slow: notices were left out");
      waiting.push(notice);
      next();
    },
    close: async () => {
      const limit = AbortSignal.timeout(CLOSE_MS);
      const late = new Promise<void>((resolve) => limit.addEventListener("abort", () => resolve(), { once: true }));
      while (running.size > 0 && !limit.aborted) await Promise.race([Promise.all(running), late]);
    },
  };
}

/** Why the program of a notify command cannot be run, before an agent's end is the first to find out; null: it can. */
export function commandProblem([program = ""]: readonly string[]): string | null {
  try {
    if (!statSync(program).isFile()) return `${program} is not a file`;
    accessSync(program, constants.X_OK);
    return null;
  } catch (error) {
    return isErrno(error, "ENOENT", "ENOTDIR") ? `${program} is not there` : `${program} cannot be run`;
  }
}

/** The command for one notice; timeout(1) ends it although we may be gone by then. */
export function noticeCommand(argv: readonly string[], env: Env, notice: Notice): HostCommand {
  const limit = findTool("timeout");
  const kept: Record<string, string> = { PATH: "/usr/local/bin:/usr/bin:/bin" };
  for (const name of VARIABLES) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return {
    argv: limit === null ? argv : [limit, "-k", "1", String(LIMIT_SECONDS), ...argv],
    env: {
      ...kept,
      BOTTLE_EVENT: notice.kind,
      BOTTLE_NAME: notice.bottle,
      BOTTLE_TEXT: notice.text,
      BOTTLE_COMMAND: notice.command ?? "",
      BOTTLE_EXIT: notice.exitCode === null ? "" : String(notice.exitCode),
      BOTTLE_MORE: String(notice.more),
    },
  };
}

/** What stands on stdin of the command. */
export function noticeJson({ kind, bottle, text, command, exitCode, more }: Notice): string {
  return JSON.stringify({ schema: 1, event: kind, bottle, text, command, exitCode, more });
}
