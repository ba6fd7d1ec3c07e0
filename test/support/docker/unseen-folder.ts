import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Puts the temp files of this process, and of those that it starts, where the engine does not see them, until the
 * process ends. Needs `docker-unseen`; without it nothing happens.
 */
export function useUnseenFolder(): void {
  const { BOT_BOTTLE_TEST_UNSEEN: unseen } = process.env;
  if (unseen === undefined) return;
  // Short, since a socket's path ends at 107 bytes.
  const folder = mkdtempSync(join(unseen, "t"));
  process.env.TMPDIR = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}
