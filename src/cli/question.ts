import { printableLines } from "../core/wire/printable.ts";
import type { Io } from "./io.ts";

/**
 * Asks on the terminal and shows what is typed; null when the operator ends the input (Ctrl-D, Ctrl-C) instead of
 * answering. Only where `Io.interactive` is true. Aborting `signal` answers null too.
 */
export async function askShown(question: string, signal: AbortSignal): Promise<string | null> {
  const { createInterface } = await import("node:readline");
  const output = process.stderr.isTTY ? process.stderr : process.stdout;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const answer = await new Promise<string | null>((resolve) => {
      lines.once("close", () => resolve(null));
      signal.addEventListener("abort", () => resolve(null), { once: true });
      if (signal.aborted) resolve(null);
      lines.question(`${printableLines(question)} `, resolve);
    });
    // What is said next begins on a line of its own.
    if (answer === null) output.write("\n");
    return answer;
  } finally {
    lines.close();
  }
}

/** A question that only `y` or `yes` answers with yes. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const answer = await askShown(`${question} [y/N]`, signal);
  return answer !== null && /^\s*y(?:es)?\s*$/i.test(answer);
}

/** Asks for a word on the operator's terminal; the end of input is an empty one. Null where nobody can be asked. */
export function questioner(io: Pick<Io, "interactive" | "signal">): ((question: string) => Promise<string>) | null {
  return io.interactive ? async (question) => (await askShown(question, io.signal)) ?? "" : null;
}
