import { printable, printableLines } from "../wire/printable.ts";
import { unifiedDiff } from "./unified.ts";
import type { WatchedFile } from "./watched-files.ts";

export interface ConfigurationChange {
  readonly path: string;
  readonly kind: "added" | "changed" | "removed";
  /** In the unified format, with file names, as it was written; null: it has no text. */
  readonly patch: string | null;
}

/** What became of `before`; `after` may be cut short (`whole` false), and then nothing counts as removed. */
export function configurationChanges(
  before: readonly WatchedFile[],
  after: readonly WatchedFile[],
  whole: boolean,
): readonly ConfigurationChange[] {
  const [old, now] = [byPath(before), byPath(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path): readonly ConfigurationChange[] => {
    const [was, is] = [old.get(path), now.get(path)];
    if (is === undefined) return whole ? [{ path, kind: "removed", patch: patchOf(path, was, undefined) }] : [];
    if (was === undefined) return [{ path, kind: "added", patch: patchOf(path, undefined, is) }];
    if (was.sha256 === is.sha256 && was.executable === is.executable) return [];
    return [{ path, kind: "changed", patch: patchOf(path, was, is) }];
  });
}

/**
 * The changes as text for a terminal or a pipe: a line for each file, then its patch, where it has one. What the agent
 * wrote is escaped (attack row 129), so that no patch can be applied: this is for reading.
 */
export function formatChanges(changes: readonly ConfigurationChange[]): string {
  return changes
    .map(({ kind, path, patch }) => {
      const body = patch === null ? "  (not text, or too large to show)\n" : printableLines(patch);
      return `${kind}: ${printable(path, 1024)}\n${body}`;
    })
    .join("\n");
}

function patchOf(path: string, was: WatchedFile | undefined, is: WatchedFile | undefined): string | null {
  if (was?.text === null || is?.text === null) return null;
  const mode = ({ executable }: WatchedFile) => (executable ? "100755" : "100644");
  const modes =
    was === undefined || is === undefined || was.executable === is.executable
      ? ""
      : `old mode ${mode(was)}\nnew mode ${mode(is)}\n`;
  const name = path.replace(/^\/+/, "");
  const names = `--- ${was === undefined ? "/dev/null" : `a/${name}`}\n+++ ${is === undefined ? "/dev/null" : `b/${name}`}\n`;
  const hunks = unifiedDiff(was?.text ?? "", is?.text ?? "");
  return `${modes}${hunks === "" ? "" : names}${hunks}`;
}

function byPath(files: readonly WatchedFile[]): ReadonlyMap<string, WatchedFile> {
  return new Map(files.map((file) => [file.path, file]));
}
