import { StringDecoder } from "node:string_decoder";
import { patchPainter } from "../core/work/patch-text.ts";
import type { Io } from "./io.ts";

/** A line may not fill the memory: what has no end by then is shown in parts. */
const LONGEST_HELD = 1 << 20;

/** Takes a patch in pieces and shows it: as it is where stdout is a file or pipe, escaped and coloured on a terminal. */
export function patchWriter(
  io: Pick<Io, "stdoutIsTerminal" | "colour" | "out">,
  raw: (piece: Buffer) => void = (piece) => void process.stdout.write(piece),
): {
  write(piece: Buffer): void;
  end(): void;
} {
  if (!io.stdoutIsTerminal) return { write: raw, end: () => undefined };
  const decoder = new StringDecoder("utf8");
  const paint = patchPainter(io.colour);
  let held = "";
  return {
    write(piece) {
      const lines = (held + decoder.write(piece)).split("\n");
      held = lines.pop() ?? "";
      if (lines.length > 0) io.out(lines.map((line) => `${paint(line)}\n`).join(""));
      if (held.length <= LONGEST_HELD) return;
      io.out(paint(held));
      held = "";
    },
    end() {
      held += decoder.end();
      if (held !== "") io.out(`${paint(held)}\n`);
      held = "";
    },
  };
}
