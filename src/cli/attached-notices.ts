import { write, writeSync } from "node:fs";
import { readlink } from "node:fs/promises";
import { noticeBytes } from "../core/notices/terminal-bytes.ts";
import { unseenNotice } from "../core/notices/words.ts";
import { followNotices } from "../session/notice-stream.ts";

type Env = Readonly<Record<string, string | undefined>>;

const TERMINAL = 1;

/**
 * Shows what is told about a bottle on this terminal, on which tmux draws too: nothing is seen on the screen but what the
 * desktop makes of it, and `redraw` mends what of tmux's own was cut in two. Answers what ends it.
 */
export function showNotices(path: string, env: Env, redraw: (tty: string) => Promise<void>): Disposable {
  return followNotices(path, (notice) => {
    // Not at once (writeSync): a terminal that was stopped (Ctrl-S) would stop this process.
    write(TERMINAL, noticeBytes(notice, env), async () => {
      const tty = await readlink("/proc/self/fd/0").catch(() => null);
      if (tty !== null) await redraw(tty).catch(() => undefined);
    });
  });
}

/** What nobody may be left to tell: the bottle is lost. */
export function tellLost(name: string, env: Env): void {
  try {
    writeSync(TERMINAL, noticeBytes(unseenNotice(name), env));
  } catch {
    // The terminal is gone.
  }
}
