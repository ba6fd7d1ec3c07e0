/** Watches one sign of life of an agent. */
export interface QuietWatch {
  /** How long it has been quiet, once, when that is too long; null: nothing to tell. */
  look(mark: string, now: number): number | null;
}

/** Any change of `mark` is life, and after it the next silence counts anew. */
export function createQuietWatch(stallMs: number, begun: number): QuietWatch {
  let last = "";
  let since = begun;
  let told = false;
  return {
    look: (mark, now) => {
      if (mark !== last) {
        last = mark;
        since = now;
        told = false;
        return null;
      }
      if (told || now - since < stallMs) return null;
      told = true;
      return now - since;
    },
  };
}

/** So much more than the limit must be free before a disk that was low is not low any more. */
const RECOVERED = 1.25;

/** Is the disk low now? A disk that hovers around the limit is told of once. */
export function isDiskLow(before: boolean, freeBytes: number, limitBytes: number): boolean {
  return before ? freeBytes < limitBytes * RECOVERED : freeBytes < limitBytes;
}
