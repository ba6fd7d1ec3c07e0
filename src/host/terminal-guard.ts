import { startProgram } from "./started-program.ts";
import { RESET_MODES } from "./terminal.ts";

/** Puts the operator's terminal back when this process is killed and cannot do so itself. */
export interface TerminalGuard {
  /** The terminal has the state of this program by now: only that is taken back. */
  learn(): void;
  /** This process puts it back itself. */
  dismiss(): void;
}

/**
 * Waits for the end of its input. What it finds then is put back only where nobody has done so: a shell may be reading
 * its next line by now.
 */
const SCRIPT = `raw=
while read -r word value; do
  case $word in
    raw) raw=$("$1" -g <&3) ;;
    done) exit 0 ;;
  esac
done
[ -n "$raw" ] && [ "$("$1" -g <&3)" = "$raw" ] && "$1" "$2" <&3
printf %s "$3" >&3`;

/** Begins to watch over the terminal on stdin, which is as it shall be again: `saved`, as \`stty -g\` has it. */
export function guardTerminal(stty: string, saved: string): TerminalGuard {
  const child = startProgram("/bin/sh", ["-c", SCRIPT, "terminal-guard", stty, saved, RESET_MODES], {
    // A session of its own: no Ctrl-C, no hangup and no stop of ours is its own.
    detached: true,
    env: {},
    stdio: ["pipe", "ignore", "ignore", 0],
  });
  child.on("error", () => undefined);
  child.stdin?.on("error", () => undefined);
  child.unref();
  return {
    learn: () => void child.stdin?.write("raw\n"),
    dismiss: () => void child.stdin?.end("done\n"),
  };
}
