import { printable } from "../wire/printable.ts";

/** Longest line of a patch that a terminal is shown; the rest is counted. */
const LONGEST_LINE = 8192;

/** Colours as `git diff` has them by default (git-config(1), color.diff.<slot>). */
const COLOURS = { meta: "1", frag: "36", old: "31", new: "32" } as const;

/**
 * A function that takes lines of a unified diff in their order and answers what a terminal may be shown of each: every
 * control and bidirectional character escaped (CVE-2021-42574; attack row 129), then perhaps coloured.
 */
export function patchPainter(colour: boolean): (line: string) => string {
  // Lines that the hunk still has on either side: within it a line that begins with `---` is one that goes.
  let left = { old: 0, new: 0 };
  return (line) => {
    const kind = left.old > 0 || left.new > 0 ? bodyKind(line) : headKind(line);
    if (kind === "frag") left = hunkSize(line);
    if (kind === "old" || kind === "context") left.old--;
    if (kind === "new" || kind === "context") left.new--;
    const cut = line.length - LONGEST_LINE;
    const shown = line
      .slice(0, LONGEST_LINE)
      .split("\t")
      .map((part) => printable(part, LONGEST_LINE))
      .join("\t");
    const text = cut > 0 ? `${shown}… (${cut} more characters)` : shown;
    return colour && kind !== "context" && kind !== "other" ? `\u001b[${COLOURS[kind]}m${text}\u001b[m` : text;
  };
}

type Kind = keyof typeof COLOURS | "context" | "other";

function headKind(line: string): Kind {
  // "\ No newline at end of file" belongs to the line before, the last of its hunk perhaps.
  if (line.startsWith("\\")) return "other";
  return line.startsWith("@@ ") ? "frag" : "meta";
}

function bodyKind(line: string): Kind {
  if (line.startsWith("+")) return "new";
  if (line.startsWith("-")) return "old";
  return line.startsWith("\\") ? "other" : "context";
}

function hunkSize(line: string): { old: number; new: number } {
  const [, old = "1", now = "1"] = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line) ?? [];
  return { old: Number(old), new: Number(now) };
}
