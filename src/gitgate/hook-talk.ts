import { isAbsolute, relative } from "node:path";
import type { Duplex } from "node:stream";
import type { RefUpdate } from "../core/model/git-gate.ts";
import { printable } from "../core/wire/printable.ts";
import { readRefUpdates } from "../core/wire/ref-updates.ts";

/** More refs than any push may change. */
const LONGEST_BYTES = 8 << 20;

/** What the hook of one push says, and how it is answered. */
export interface HookTalk {
  /** Folder of the objects that came, in the mirror's own; null: none came, as in a push that only deletes. */
  readonly quarantine: string | null;
  readonly updates: readonly RefUpdate[] | null;
  /** A line for the agent, which sees it behind `remote:`. */
  say(line: string): void;
  accept(): void;
  refuse(): void;
}

/** Waits for all that the hook of a push has to say; null when it ended before. */
export async function hearHook(channel: Duplex, gitDir: string): Promise<HookTalk | null> {
  const text = await whole(channel);
  if (text === null) return null;
  const [folder = "", ...lines] = text.split("\n");
  const inside = relative(`${gitDir}/objects`, folder);
  const ours = isAbsolute(folder) && /^[A-Za-z0-9._-]+$/.test(inside) && inside !== "." && inside !== "..";
  const answer = (line: string) => void channel.write(`${line}\n`);
  return {
    quarantine: ours ? folder : null,
    updates: readRefUpdates(lines.join("\n")),
    say: (line) => answer(`say ${printable(line, 500)}`),
    accept: () => answer("accept"),
    refuse: () => answer("refuse"),
  };
}

/** Everything up to the line `end`, Latin-1. */
async function whole(channel: Duplex): Promise<string | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const stop = (answer: string | null) => {
      channel.off("data", onData).off("close", onClose).off("end", onClose);
      resolve(answer);
    };
    const onClose = () => stop(null);
    const onData = (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > LONGEST_BYTES) return stop(null);
      if (piece.at(-1) !== 0x0a) return;
      const text = Buffer.concat(pieces).toString("latin1");
      if (text.endsWith("\nend\n")) stop(text.slice(0, -"end\n".length));
    };
    channel.on("data", onData).on("close", onClose).on("end", onClose);
  });
}
