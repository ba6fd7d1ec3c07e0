import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { openIfThere } from "../host/files.ts";
import { stateOf } from "../session/reconcile.ts";
import { terminalText } from "../session/terminal-text.ts";
import { spanIn } from "../session/transcript.ts";
import { bottlePaths } from "../state/layout.ts";
import { findBottle, readRecord } from "../state/records.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

const POLL_MS = 200;
const PIECE_BYTES = 64 * 1024;

/** `bottle logs`: what the agent printed; control sequences are left out, so that a terminal shows only text. */
export const logs: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  const record = await readRecord(layout, name);
  const { agentLog } = bottlePaths(layout, name);
  const follow = flag(input, "follow");
  const clean = flag(input, "raw") ? (piece: Buffer) => piece : terminalText();
  /** Also one that is still being made; one that was removed has ended. */
  const lives = async () => {
    const now = (await findBottle(layout, name))?.record ?? null;
    return now?.createdAt === record.createdAt && ["creating", "running"].includes(stateOf(now));
  };
  let offset = 0;
  let file: FileHandle | null = null;
  try {
    for (;;) {
      const ended = !follow || signal.aborted || !(await lives());
      // Kept open: what was printed last can be read although the bottle is removed at once.
      file ??= await openIfThere(agentLog);
      const { start, end } = file === null ? { start: 0, end: 0 } : await spanIn(file);
      offset = Math.max(offset, start);
      while (file !== null && offset < end) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, end - offset));
        const { bytesRead } = await file.read(piece, 0, piece.length, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        if (!(await writePaced(clean(piece.subarray(0, bytesRead))))) return 0;
      }
      if (ended || readerGone()) return 0;
      // Polled: inotify has no event that all file systems give for an append.
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
};
