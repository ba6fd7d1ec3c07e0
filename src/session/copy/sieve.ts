import { BottleError } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import type { TarEntry } from "../../core/wire/tar-head.ts";
import { type TarLimits, TarReader } from "../../core/wire/tar-reader.ts";
import { TAR_END, tarHeader, tarPadding } from "../../core/wire/tar-writer.ts";

/** What goes through a sieve. */
export interface SieveRules {
  readonly maxBytes: number;
  /** Symbolic links may pass: where they cannot lead anybody of the host astray. */
  readonly links: boolean;
  /** Leave out what may not pass, instead of refusing the whole. */
  readonly skipOdd: boolean;
  /** The path that an entry gets; the root of an archive is the empty path. Null: it is left out. */
  readonly rename: (path: string) => string | null;
}

export interface Sifted {
  readonly files: number;
  /** Of all contents together. */
  readonly bytes: number;
  /** Entries that were left out, the first few by name. */
  readonly left: readonly string[];
  readonly leftCount: number;
  /** The first entry is the root itself: a folder was packed, and not one file. */
  readonly isFolder: boolean;
}

const LIMITS: Omit<TarLimits, "bytes"> = { entries: 1_000_000, pathBytes: 4096, depth: 128 };
const NAMED = 5;

/**
 * Takes a tar archive apart and writes it anew: only regular files, folders and (by rule) symbolic links, with modes
 * masked and without owners. What comes out was written by us, whoever wrote what goes in (attack row 143).
 */
export class Sieve {
  readonly #rules: SieveRules;
  readonly #out: (bytes: Uint8Array) => void;
  readonly #reader: TarReader;
  readonly #left: string[] = [];
  #leftCount = 0;
  #files = 0;
  #bytes = 0;
  #entries = 0;
  #isFolder = false;
  /** Size of the file that is passing; null: it is left out. */
  #passing: number | null = null;

  constructor(rules: SieveRules, out: (bytes: Uint8Array) => void) {
    this.#rules = rules;
    this.#out = out;
    this.#reader = new TarReader({ ...LIMITS, bytes: rules.maxBytes });
  }

  /** Errors: COPY_REFUSED. */
  push(chunk: Uint8Array): void {
    for (const event of this.#reader.push(chunk)) {
      if (event.type === "problem") throw refused(`the archive is refused: ${event.problem}`);
      if (event.type === "entry") this.#entry(event.entry);
      else if (this.#passing === null) continue;
      else if (event.type === "data") this.#out(event.bytes);
      else this.#out(tarPadding(this.#passing));
    }
  }

  /** At the end of the archive. Errors: COPY_REFUSED for one that is cut. */
  end(): Sifted {
    const problem = this.#reader.end();
    if (problem !== null) throw refused(`the archive is refused: ${problem}`);
    this.#out(TAR_END);
    return {
      files: this.#files,
      bytes: this.#bytes,
      left: this.#left,
      leftCount: this.#leftCount,
      isFolder: this.#isFolder,
    };
  }

  #entry(entry: TarEntry): void {
    this.#entries += 1;
    this.#passing = null;
    if (this.#entries === 1) this.#isFolder = entry.path === "" && entry.kind === "folder";
    const linkPasses = entry.kind === "link" && this.#rules.links && entry.target !== null;
    if (entry.oddity !== null && !linkPasses) {
      this.#odd(entry.path, entry.oddity);
      return;
    }
    const path = this.#rules.rename(entry.path);
    if (path === null) return;
    const { size, mode, mtime } = entry;
    if (entry.kind === "folder")
      this.#out(tarHeader({ path: `${path || "."}/`, type: "folder", size: 0, mode, mtime }));
    else if (entry.kind === "file") {
      this.#files += 1;
      this.#bytes += size;
      this.#passing = size;
      this.#out(tarHeader({ path, type: "file", size, mode, mtime }));
    } else this.#out(tarHeader({ path, type: "link", size: 0, mode: 0o777, mtime, target: entry.target ?? "" }));
  }

  #odd(path: string, oddity: string): void {
    const named = printable(path, 200);
    if (!this.#rules.skipOdd) {
      throw refused(`nothing was copied: ${named} is ${oddity}`, "--skip-odd leaves such entries out and names them");
    }
    this.#leftCount += 1;
    if (this.#left.length < NAMED) this.#left.push(`${named} (${oddity})`);
  }
}

export function refused(message: string, hint?: string): BottleError {
  return new BottleError("COPY_REFUSED", message, hint === undefined ? {} : { hint });
}
