import { BottleError } from "../model/errors.ts";
import type { TreeChange, TreeEntry } from "../model/work.ts";

const HEAD = /^:([0-7]{6}) ([0-7]{6}) ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([ADMT])$/;

/**
 * Reads `git diff-tree -r -z --raw --no-renames --no-abbrev` (git-diff-tree(1), "raw output format"). Lines that only
 * name a commit, which `--stdin` puts between, are passed over. Errors: WORK_UNREADABLE.
 */
export function parseTreeChanges(bytes: Buffer): readonly TreeChange[] {
  const fields = bytes.toString("latin1").split("\0");
  if (fields.pop() !== "") throw unreadable("is cut off");
  const changes: TreeChange[] = [];
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at] ?? "";
    if (/^[0-9a-f]{40,64}$/.test(field)) continue;
    const [, oldMode = "", newMode = "", oldId = "", newId = ""] = HEAD.exec(field) ?? [];
    const path = fields[++at];
    if (oldMode === "" || path === undefined || path === "") throw unreadable("has an odd line");
    changes.push({ path, before: entry(oldMode, oldId), after: entry(newMode, newId) });
  }
  return changes;
}

function entry(mode: string, id: string): TreeEntry | null {
  return mode === "000000" ? null : { mode, id };
}

function unreadable(why: string): BottleError {
  return new BottleError("WORK_UNREADABLE", `git's list of changed files ${why}`, {
    hint: "try again; if it stays, please report it",
  });
}

/** Are these the same thing in a tree? */
export function sameEntry(one: TreeEntry | null, other: TreeEntry | null): boolean {
  return one?.mode === other?.mode && one?.id === other?.id;
}
