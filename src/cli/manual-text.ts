import type { Block, Manual } from "./manual.ts";

const INDENT = 4;
/** Lines longer than this are hard to read, however wide the terminal is. */
const GREATEST_WIDTH = 100;
const LEAST_WIDTH = 40;

/** A manual for a terminal of `width` columns; without any control sequence, so that it can be piped and searched. */
export function manualText({ sections }: Manual, width: number): string {
  const columns = Math.min(GREATEST_WIDTH, Math.max(LEAST_WIDTH, width));
  const parts = sections.map(({ title, blocks }) =>
    [title, ...blocks.map((block) => blockLines(block, columns).join("\n"))].join("\n"),
  );
  return `${parts.join("\n\n")}\n`;
}

function blockLines(block: Block, columns: number): readonly string[] {
  switch (block.kind) {
    case "text":
      return block.text.split("\n").flatMap((paragraph) => {
        // An item of a list hangs below its own words.
        const hang = paragraph.startsWith("- ") ? INDENT + 2 : INDENT;
        const [first = "", ...rest] = wrap(paragraph, hang, columns);
        return [" ".repeat(INDENT) + first.trimStart(), ...rest];
      });
    case "lines":
      return block.lines.map((line) => " ".repeat(INDENT) + line);
    case "terms": {
      const longest = Math.max(...block.terms.map(({ term }) => term.length));
      // Short terms stand beside their meaning, long ones above it.
      const hang = Math.min(longest, 28) + INDENT + 2;
      return block.terms.flatMap(({ term, meaning }) => {
        const [first = "", ...rest] = wrap(meaning, hang, columns);
        const head = " ".repeat(INDENT) + term;
        return head.length + 2 <= hang ? [head.padEnd(hang) + first.trimStart(), ...rest] : [head, first, ...rest];
      });
    }
  }
}

/** Words in lines of at most `columns`, each indented; a word longer than a line stands alone. */
function wrap(words: string, indent: number, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words.split(" ").filter(Boolean)) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) {
      lines.push(" ".repeat(indent) + line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, " ".repeat(indent) + line];
}
