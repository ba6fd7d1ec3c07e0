import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";

/**
 * Undoes what a program may have left switched on: alternate screen, hidden cursor, mouse and focus reports,
 * bracketed paste, synchronised output, kitty keys, modifyOtherKeys, colours (xterm control sequences).
 */
export const RESET_MODES =
  "\u001b[?1049l\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?1004l\u001b[?2004l\u001b[?2026l" +
  "\u001b[?7h\u001b[<u\u001b[>4;0m\u001b[0m\u001b[?25h";

export interface KeptTerminal {
  /** As `stty -g` has it; null where it does not say. */
  readonly state: string | null;
  restore(): void;
}

/**
 * Remembers the state of the operator's terminal; `restore` brings it back whatever the program in between did.
 * `stty -g` and not setRawMode: Node does not know what a child changed. A no-op without a terminal. Idempotent.
 */
export function keepTerminal(stty: string | undefined): KeptTerminal {
  if (!process.stdin.isTTY || stty === undefined) return { state: null, restore: () => undefined };
  const saved = spawnSync(stty, ["-g"], { stdio: ["inherit", "pipe", "ignore"], encoding: "utf8", env: {} });
  const state = saved.status === 0 ? saved.stdout.trim() : null;
  let restored = false;
  return {
    state: state !== null && /^[0-9a-f:]+$/.test(state) ? state : null,
    restore() {
      if (restored) return;
      restored = true;
      if (state !== null && /^[0-9a-f:]+$/.test(state)) {
        spawnSync(stty, [state], { stdio: ["inherit", "ignore", "ignore"], env: {} });
      }
      try {
        if (process.stdout.isTTY) writeSync(1, RESET_MODES);
      } catch {
        // The terminal is gone (SIGHUP): nothing to reset.
      }
    },
  };
}
