const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** Bytes of `512M`, `2G`, `1.5G` or a plain number of bytes (units of 1024); null when it is not such a text. */
export function parseSize(text: string): number | null {
  const match = /^(\d{1,16}(?:\.\d{1,3})?)([KMGT]?)$/.exec(text);
  const unit = match === null ? undefined : UNITS[match[2] ?? ""];
  if (match === null || unit === undefined) return null;
  const bytes = Math.floor(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : null;
}

/** The shortest text that `parseSize` reads back, e.g. `2G`; `1500` when no unit divides. */
export function formatSize(bytes: number): string {
  for (const unit of ["T", "G", "M", "K"]) {
    const factor = UNITS[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}
