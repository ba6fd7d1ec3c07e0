/**
 * One word of a POSIX shell that stands for exactly `text`, whatever it holds. In commands that a message offers too: they
 * are pasted, and a folder may be called `$(...)`.
 */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_/.,:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command line that a POSIX shell splits into exactly these words. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
