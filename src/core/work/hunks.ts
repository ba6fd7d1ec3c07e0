/** One part of a patch of one file. Lines are bytes as characters (latin1), without their line feed. */
export interface Hunk {
  /** The `@@` line. */
  readonly head: string;
  /** Line of the old file from which it counts, 1 for the first; with `oldCount` 0 the line after which it inserts. */
  readonly oldStart: number;
  readonly oldCount: number;
  /** With their first character: space, `-`, `+`, or `\` for a line before that has no line feed. */
  readonly lines: readonly string[];
}

const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** The hunks of a patch of one text file (git-diff(1)); none for a binary one. */
export function hunksOf(patch: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  const all = patch.split("\n");
  for (let at = 0; at < all.length; at++) {
    const head = all[at] ?? "";
    const [, start, oldCount = "1", , newCount = "1"] = HEAD.exec(head) ?? [];
    if (start === undefined) continue;
    const left = { old: Number(oldCount), new: Number(newCount) };
    const lines: string[] = [];
    while (at + 1 < all.length) {
      const line = all[at + 1] ?? "";
      if (left.old <= 0 && left.new <= 0 && !line.startsWith("\\")) break;
      if (!line.startsWith("+") && !line.startsWith("\\")) left.old--;
      if (!line.startsWith("-") && !line.startsWith("\\")) left.new--;
      lines.push(line);
      at++;
    }
    hunks.push({ head, oldStart: Number(start), oldCount: Number(oldCount), lines });
  }
  return hunks;
}

/**
 * The old file with some of the hunks of a patch of it, in their order. Null when a hunk does not say what the file
 * says: then it is not a patch of this file.
 */
export function withHunks(old: string, hunks: readonly Hunk[]): string | null {
  const lines = old.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const result: string[] = [];
  let at = 0;
  for (const hunk of hunks) {
    const from = hunk.oldCount === 0 ? hunk.oldStart : hunk.oldStart - 1;
    if (from < at) return null;
    result.push(...lines.slice(at, from));
    at = from;
    for (const [index, line] of hunk.lines.entries()) {
      if (line.startsWith("\\")) continue;
      const text = line.slice(1) + (hunk.lines[index + 1]?.startsWith("\\") ? "" : "\n");
      if (!line.startsWith("+")) {
        if (lines[at] !== text) return null;
        at++;
      }
      if (!line.startsWith("-")) result.push(text);
    }
  }
  result.push(...lines.slice(at));
  return result.join("");
}
