import type { Writable } from "node:stream";
import type { HostCommand } from "../core/model/command.ts";
import { startProgram } from "./started-program.ts";

/** Waits in a process of its own for the end of this one. */
export interface DeadMansSwitch {
  /** This process ends in order: nothing is told. Resolves when the switch is gone. */
  release(): Promise<void>;
}

/**
 * stdin ends when the process that holds its other end does, however it ends; a line there releases. $1 is what stands on
 * the command's stdin.
 */
const WATCH = 'read -r released && exit 0; text=$1; shift; printf "%s\\n" "$text" | exec "$@"';

/**
 * Runs `command` if this process dies before `release`, by kill -9 too: in a session of its own, so that what ends our
 * group does not end it as well. The kernel tells it; nobody polls. A shell that cannot be started is no switch.
 */
export function armSwitch({ argv, env }: HostCommand, input: string): DeadMansSwitch {
  const child = startProgram("/bin/sh", ["-c", WATCH, "bot-bottle", input, ...argv], {
    env: { ...env },
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const held = child.stdin as Writable & { unref?(): void };
  held.on("error", () => undefined);
  held.unref?.();
  child.unref();
  return {
    release: async () => {
      child.ref();
      held.end("released\n");
      await gone;
    },
  };
}
