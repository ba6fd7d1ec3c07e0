import { printable } from "../core/wire/printable.ts";
import type { DemoOutcome } from "./demo.ts";

/** Longest line of evidence; what is longer is cut. */
const LONGEST = 400;
/** Columns of evidence in the table; the rest of a line goes below. */
const COLUMNS = 78;

/** The outcome as the documented JSON: `{"ok", "probes": [{"name", "ok", "evidence"}]}`, one line. */
export function demoJson({ ok, probes }: DemoOutcome): string {
  const rows = probes.map((probe) => ({ name: probe.name, ok: probe.ok, evidence: probe.evidence.join("; ") }));
  return `${JSON.stringify({ ok, probes: rows })}\n`;
}

const MODEL = "the model is a stand-in that follows a script";

/** The outcome as a table for people: one row a probe, its evidence in lines beside it. Text from inside is escaped. */
export function demoTable({ ok, agent, probes }: DemoOutcome, colour: boolean): string {
  const paint = (code: number, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const width = Math.max(...probes.map(({ name }) => name.length));
  const rows = probes.flatMap((probe) => {
    const mark = probe.ok ? paint(32, "ok  ") : paint(31, "FAIL");
    const [first = "", ...more] = probe.evidence.flatMap((line) => wrap(printable(line, LONGEST)));
    const indent = " ".repeat(8 + width);
    return [`  ${mark}  ${probe.name.padEnd(width)}  ${first}`, ...more.map((line) => `${indent}  ${line}`)];
  });
  const failed = probes.filter((probe) => !probe.ok).length;
  const verdict = ok ? paint(32, "every probe held") : paint(31, `${failed} of ${probes.length} probes failed`);
  const title = agent === null ? [] : [`${printable(agent, LONGEST)} in a bottle; ${MODEL}`, ""];
  return `${[...title, ...rows, "", verdict].join("\n")}\n`;
}

/** A line in pieces of at most `COLUMNS` columns, cut between words; what follows is set in a little. */
function wrap(line: string): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const word of line.split(" ")) {
    if (piece !== "" && piece.length + 1 + word.length > COLUMNS) {
      pieces.push(piece);
      piece = `  ${word}`;
    } else piece = piece === "" ? word : `${piece} ${word}`;
  }
  return [...pieces, piece];
}
