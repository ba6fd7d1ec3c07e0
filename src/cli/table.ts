import { printable } from "../core/wire/printable.ts";

/** Rows as aligned columns, two spaces apart; every cell is escaped for the terminal and cut to `longest` characters. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], longest = 200): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => printable(cell, longest)));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** `3s`, `12m`, `5h`, `2d`: the age of something, in its largest whole unit. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** `12 bytes`, `3.4 MiB`. */
export function readableSize(bytes: number): string {
  const units = ["KiB", "MiB", "GiB"];
  const power = Math.min(units.length, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
