import { type FileHandle, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { openIfThere } from "../host/files.ts";
import { terminalText } from "../session/terminal-text.ts";
import { spanIn } from "../session/transcript.ts";
import { findAuditLog } from "../state/audit-logs.ts";
import { findBottle } from "../state/records.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

const POLL_MS = 200;
const PIECE_BYTES = 64 * 1024;

/** `bottle logs`: what the agent printed; control sequences are left out, so that a terminal shows only text. */
export const logs: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  const { record, agentLog, removed } = await findAuditLog(layout, name);
  if (removed) io.say(`bottle: ${name} was removed; this is its transcript from the archive`);
  const follow = flag(input, "follow");
  const clean = flag(input, "raw") ? (piece: Buffer) => piece : terminalText();
  /** Also one that is still being made; one that was removed has ended. */
  const lives = async () => {
    const now = await findBottle(layout, name);
    if (removed || now?.record == null || now.record.createdAt !== record?.createdAt) return false;
    return ["creating", "running"].includes(now.state);
  };
  /** Bytes of the agent's that are behind us, those that are not kept among them. */
  let seen = 0;
  let file: FileHandle | null = null;
  try {
    for (;;) {
      const ended = !follow || signal.aborted || !(await lives());
      // Kept open: what was printed last can be read although the bottle is removed at once.
      file ??= await openIfThere(agentLog);
      const { start, end, cut } = file === null ? { start: 0, end: 0, cut: 0 } : await spanIn(file);
      if (cut > seen) {
        io.say(`bottle: ${cut - seen} bytes of what ${name} printed are not kept`);
        seen = cut;
      }
      let offset = start + seen - cut;
      while (file !== null && offset < end) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, end - offset));
        const { bytesRead } = await file.read(piece, 0, piece.length, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        seen += bytesRead;
        if (!(await writePaced(clean(piece.subarray(0, bytesRead))))) return 0;
      }
      if (file !== null && (await replaced(file, agentLog))) {
        await file.close();
        file = null;
        continue;
      }
      if (ended || readerGone()) return 0;
      // Polled: inotify has no event that all file systems give for an append.
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await file?.close();
  }
};

/** Another file stands in its place: it was shortened. The one that is open has been read to its end. */
async function replaced(file: FileHandle, path: string): Promise<boolean> {
  const [ours, there] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
  return there !== null && (there.ino !== ours.ino || there.dev !== ours.dev);
}
