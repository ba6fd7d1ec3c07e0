import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { run } from "../host/exec.ts";
import { terminalText } from "../session/terminal-text.ts";
import { transcriptSpan } from "../session/transcript.ts";

const TAIL_BYTES = 64 << 10;
const SCREEN_MS = 1500;

/** The last lines that an agent printed, as text: control sequences are left out. Oldest first, none of them whole at the cut. */
export async function transcriptTail(path: string, most: number): Promise<readonly string[]> {
  const { start, end } = await transcriptSpan(path);
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (file === null) return [];
  try {
    const from = Math.max(start, end - TAIL_BYTES);
    const buffer = Buffer.alloc(Math.max(0, end - from));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const lines = terminalText()(buffer.subarray(0, bytesRead)).split("\n");
    return trimmed(from > start ? lines.slice(1) : lines).slice(-most);
  } finally {
    await file.close();
  }
}

/** What the agent's terminal shows now, as the tmux that holds it has it; null where it does not say. */
export async function heldScreen(tmux: string | undefined, socket: string): Promise<readonly string[] | null> {
  if (tmux === undefined) return null;
  const command = { argv: [tmux, "-N", "-S", socket, "capture-pane", "-p"], env: { LC_CTYPE: "C.UTF-8" } };
  const shown = await run(command, { timeoutMs: SCREEN_MS, maxBytes: 1 << 20 }).catch(() => null);
  if (shown === null || shown.code !== 0) return null;
  return trimmed(terminalText()(shown.stdout).split("\n"));
}

/** Without empty lines at the end. */
function trimmed(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
}
