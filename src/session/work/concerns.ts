import { BottleError } from "../../core/model/errors.ts";
import type { Concern, TreeChange } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import { sameEntry } from "../../core/wire/tree-changes.ts";
import { executedBy, impossiblePath } from "../../core/work/executed-paths.ts";
import { linkLeaves } from "../../core/work/links.ts";
import { packageScriptChanges } from "../../core/work/package-scripts.ts";
import { pathText } from "../../core/work/raw-path.ts";
import type { Git } from "../../host/git.ts";
import { blobs } from "./trees.ts";

/** Longest package.json that is read; a longer one is a concern as it is. */
const MAX_JSON = 4 << 20;
/** PATH_MAX of Linux: no link is longer. */
const MAX_LINK = 4096;

const isLink = (mode: string | undefined) => mode === "120000";
const isJson = (path: string) => /(?:^|\/)package\.json$/i.test(path);

/**
 * What the operator must be asked about before these changes land: files that hosts or tools run, links out of the
 * folder, other repositories (attack rows 87, 139). Each path once, by name. Errors: WORK_UNREADABLE for a path that
 * must not land at all.
 */
export async function concernsOf(git: Git, changes: readonly TreeChange[]): Promise<readonly Concern[]> {
  const real = changes.filter(({ before, after }) => !sameEntry(before, after));
  const looked = real.flatMap(({ path, before, after }) => {
    if (isLink(after?.mode)) return [after?.id ?? ""];
    if (!isJson(pathText(path)) || after === null) return [];
    return before === null || before.mode === "160000" ? [after.id] : [before.id, after.id];
  });
  const contents = await blobs(git, looked.filter(Boolean), MAX_JSON);
  const text = (id: string | undefined) => (id === undefined ? null : (contents.get(id)?.toString("utf8") ?? null));
  const found = new Map<string, string>();
  for (const { path, before, after } of real) {
    const shown = pathText(path);
    const impossible = impossiblePath(shown);
    if (impossible !== null) {
      throw new BottleError("WORK_UNREADABLE", `the work has a file ${printable(shown, 200)}, which ${impossible}`, {
        hint: "nothing was changed; have it removed in the bottle, in every commit",
      });
    }
    const reason = concern(shown, { before, after }, text);
    if (reason !== null && !found.has(path)) found.set(path, reason);
  }
  return [...found].map(([path, reason]) => ({ path, reason })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function concern(
  path: string,
  { before, after }: Omit<TreeChange, "path">,
  text: (id: string | undefined) => string | null,
): string | null {
  if (after?.mode === "160000") return `it is another repository, at ${after.id.slice(0, 12)}`;
  if (before?.mode === "160000") return "another repository goes";
  if (isLink(after?.mode)) {
    const target = text(after?.id);
    if (target === null || target.length > MAX_LINK || linkLeaves(path, target)) {
      return `it is a link out of the folder, to ${target === null ? "nobody knows where" : printable(target, 200)}`;
    }
  }
  const executed = executedBy(path);
  if (executed !== null) return executed;
  if (isJson(path) && after !== null) {
    const now = text(after.id);
    const keys = now === null ? ["a text that is too long"] : packageScriptChanges(text(before?.id), now);
    if (keys.length > 0) return `package managers run by it; changed: ${keys.join(", ")}`;
  }
  return null;
}
