import { printable } from "../../core/wire/printable.ts";

/** A title and its rows; the cells of a section stand below each other. */
export type Section = readonly [title: string, rows: readonly (readonly string[])[]];

/** Sections as text, the empty ones left out; every cell is escaped for the terminal. */
export function report(sections: readonly Section[]): string {
  return sections
    .filter(([, rows]) => rows.length > 0)
    .map(([title, rows]) => {
      const cells = rows.map((row) => row.map((cell) => printable(cell)));
      const widths = cells.reduce<number[]>(
        (found, row) => row.map((cell, at) => Math.max(cell.length, found[at] ?? 0)).concat(found.slice(row.length)),
        [],
      );
      const lines = cells.map((row) =>
        `  ${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join("  ")}`.trimEnd(),
      );
      return `${title}\n${lines.join("\n")}\n`;
    })
    .join("\n");
}
