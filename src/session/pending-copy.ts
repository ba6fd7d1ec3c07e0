import { unlink } from "node:fs/promises";
import { readTextFile, writeFileAtomically } from "../host/files.ts";

/** How long the operator may take what the agent wants in the clipboard. */
const COPY_MS = 10 * 60_000;
/** Between two that are written down: the newest counts. */
const PAUSE_MS = 200;
const LONGEST_FILE = 2 << 20;

/** Keeps the last text that an agent wants in the clipboard where `bottle clipboard` finds it. */
export interface CopyKeeper {
  keep(base64: string): void;
  close(): Promise<void>;
}

/** `told` is called with the number of bytes when a text can be taken. */
export function keepCopies(path: string, told: (bytes: number) => void, say: (line: string) => void): CopyKeeper {
  let newest: string | null = null;
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const write = async (): Promise<void> => {
    const base64 = newest;
    newest = null;
    if (base64 === null) return;
    try {
      await writeFileAtomically(path, `${JSON.stringify({ schema: 1, at: Date.now(), base64 })}\n`);
      told(Buffer.byteLength(base64, "base64"));
    } catch (error) {
      say(`bottle: what was copied is not kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const next = () => {
    if (closed || writing !== null || timer !== undefined || newest === null) return;
    writing = write().finally(() => {
      writing = null;
      timer = setTimeout(() => {
        timer = undefined;
        next();
      }, PAUSE_MS).unref();
    });
  };
  return {
    keep: (base64) => {
      newest = base64;
      next();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await writing;
    },
  };
}

/** What an agent wants in the clipboard. */
export interface PendingCopy {
  readonly at: number;
  readonly bytes: Buffer;
}

/** What waits; null: nothing, or for too long. */
export async function readCopy(path: string, now: number): Promise<PendingCopy | null> {
  const file = await readTextFile(path, { maxBytes: LONGEST_FILE, followLinks: false });
  if (file.kind !== "text") return null;
  const { at, base64 } = JSON.parse(file.text) as { at?: unknown; base64?: unknown };
  if (typeof at !== "number" || typeof base64 !== "string" || now - at > COPY_MS) return null;
  return { at, bytes: Buffer.from(base64, "base64") };
}

/** It was answered: nobody is asked about it again. A newer one waits on. */
export async function forgetCopy(path: string, { at }: PendingCopy): Promise<void> {
  if ((await readCopy(path, at))?.at === at) await unlink(path).catch(() => undefined);
}
