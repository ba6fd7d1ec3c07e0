import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Json } from "../core/model/plan.ts";
import { readTextFile, unwritable } from "../host/files.ts";

/** Something that was about to be made on this host, and whether that was undone or settled again. */
export interface JournalEntry {
  /** From 1, in order. */
  readonly seq: number;
  readonly intent: string;
  readonly detail: Json;
  readonly done: boolean;
}

/** `journal.jsonl`: what is about to be made is written down first, so that a killed start can be cleaned up. */
export interface Journal {
  /** Resolves with the number of the intent once it is on the disk: what it names may outlive a power cut. */
  intent(what: string, detail: Json): Promise<number>;
  /** The thing is gone again, or was never made. */
  done(seq: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the journal for writing, new or continued. Every line is one write(2) to a file opened for appending.
 * Errors: STATE_UNUSABLE.
 */
export async function openJournal(path: string): Promise<Journal> {
  const before = await readJournal(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const fail = (error: unknown): never => {
    throw unwritable(path, error);
  };
  const file = await open(path, flags, 0o600).catch(fail);
  let seq = before.at(-1)?.seq ?? 0;
  let queue: Promise<unknown> = Promise.resolve();
  // A newline first: a line that a crash cut short then spoils only itself.
  const append = (line: Json, then: () => Promise<void> = async () => {}): Promise<void> => {
    const next = queue.then(() => file.appendFile(`\n${JSON.stringify(line)}`)).then(then, fail);
    queue = next.catch(() => {});
    return next;
  };
  return {
    async intent(what, detail) {
      seq += 1;
      const own = seq;
      await append({ seq: own, intent: what, detail }, () => file.datasync().catch(fail));
      return own;
    },
    done: (own) => append({ done: own }),
    async close() {
      await queue;
      await file.close();
    },
  };
}

/** All entries in order; a line that cannot be read is skipped. A missing file is an empty journal. */
export async function readJournal(path: string): Promise<readonly JournalEntry[]> {
  const file = await readTextFile(path, { maxBytes: 16 << 20, followLinks: false });
  if (file.kind !== "text") return [];
  const entries = new Map<number, JournalEntry>();
  for (const line of file.text.split("\n")) {
    let value: { seq?: unknown; intent?: unknown; detail?: Json; done?: unknown } | null;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (typeof value !== "object" || value === null) continue;
    if (typeof value.seq === "number" && typeof value.intent === "string") {
      entries.set(value.seq, { seq: value.seq, intent: value.intent, detail: value.detail ?? null, done: false });
    } else if (typeof value.done === "number") {
      const entry = entries.get(value.done);
      if (entry !== undefined) entries.set(entry.seq, { ...entry, done: true });
    }
  }
  return [...entries.values()];
}

/** Intents without a done line, newest first: the order in which to undo them. */
export async function unfinishedIntents(path: string): Promise<readonly JournalEntry[]> {
  const entries = await readJournal(path);
  return entries.filter((entry) => !entry.done).reverse();
}
