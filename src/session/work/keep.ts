import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import { BottleError } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import { syncPath } from "../../host/files.ts";
import { readBase } from "../../state/base-file.ts";
import type { BottlePaths } from "../../state/layout.ts";
import { readApplied } from "../../state/work-files.ts";
import type { SessionContext } from "../context.ts";
import { collectWork } from "./collect.ts";
import type { CollectedWork } from "./collected.ts";
import { importRepositories } from "./imported-work.ts";
import { hasWork, selectWork, type Work } from "./selection.ts";

/** Name of the bundle of the repository at this place in the base. */
function bundleName(index: number): string {
  return index === 0 ? "work.bundle" : `work-${index}.bundle`;
}

/**
 * Keeps work that would be lost with its bottle: what has not landed and is in no ref of the operator's repository goes
 * into a bundle (gitformat-bundle(5)) beside the record, which stands on commits that the operator has. Answers the
 * names of the bundles. Errors: WORK_UNREADABLE, GIT_FAILED, STATE_UNUSABLE: then nothing is to be removed.
 */
export async function keepWork(
  name: string,
  paths: BottlePaths,
  backend: Backend,
  context: Pick<SessionContext, "facts" | "signal">,
): Promise<readonly string[]> {
  const base = await readBase(paths.base);
  if (base === null) return [];
  const applied = await readApplied(paths.folder);
  // Mostly an agent's word that it did nothing is all there is to check: who lies here loses the work only.
  await using all = await importRepositories({ name, paths, backend, base }, collectWork, context, isUntouched);
  if (all.repositories.length === 0) return [];
  const kept: string[] = [];
  for (const work of await selectWork(all, null)) {
    if (work.missed.length > 0) throw unkept(work.missed);
    const landed = applied.some((entry) => entry.repository === work.base.path && entry.work === work.work);
    const tips = await unlanded(work, landed);
    if (tips.length === 0) continue;
    const bundle = bundleName(base.repositories.indexOf(work.base));
    await writeBundle(work, tips, join(paths.folder, bundle));
    kept.push(bundle);
  }
  return kept;
}

/** What could not be read, as on a full disk, is not known to be untouched. */
function isUntouched({ repository, work, refs, missed }: CollectedWork): boolean {
  return work === repository.snapshot && refs.length === 0 && missed.length === 0;
}

const LISTED = 5;

function unkept(missed: readonly string[]): BottleError {
  const more = missed.length > LISTED ? ` and ${missed.length - LISTED} more` : "";
  const list = missed.slice(0, LISTED).map((path) => printable(path, 200));
  return new BottleError("WORK_UNREADABLE", `not all of it could be read: ${list.join(", ")}${more}`, {
    hint: "unreadable files, no regular ones, larger than 1 GiB, or a full disk",
  });
}

interface Tip {
  readonly ref: string;
  readonly id: string;
}

/** What the operator's own refs do not lead to. */
async function unlanded(work: Work, landed: boolean): Promise<readonly Tip[]> {
  const own = hasWork(work) && !landed ? [{ ref: "refs/heads/work", id: work.work }] : [];
  const others = work.refs.map(({ name, id }) => ({
    ref: `refs/heads/${name.replace(/^refs\/(?:heads\/)?/, "branches/")}`,
    id,
  }));
  const tips: Tip[] = [];
  for (const tip of [...own, ...others]) if (!(await isReached(work, tip.id))) tips.push(tip);
  return tips;
}

/** Does a ref of the operator's repository lead to it? Asked of that repository's files, with nothing of its settings. */
async function isReached({ base, quarantine }: Work, id: string): Promise<boolean> {
  if (base.gitDir === null) return false;
  const options = { env: { GIT_DIR: base.gitDir, GIT_WORK_TREE: "/" } };
  const found = await quarantine.git.attempt(["for-each-ref", "--count=1", "--contains", id], options);
  return found.code === 0 && found.stdout.length > 0;
}

async function writeBundle({ base, quarantine }: Work, tips: readonly Tip[], path: string): Promise<void> {
  const { git } = quarantine;
  const commands = tips.map(({ ref, id }) => `update ${ref} ${id}\n`).join("");
  await git.run(["update-ref", "--stdin"], { stdin: Buffer.from(commands) });
  // The snapshot is nobody's but ours, and gone with the bottle: it has to be in the bundle.
  const known = base.gitDir === null ? [] : quarantine.known.filter((id) => id !== base.snapshot || id === base.head);
  const revisions = [...tips.map(({ ref }) => ref), ...known.map((id) => `^${id}`)];
  await git.run(["bundle", "create", "--quiet", path, "--stdin"], { stdin: Buffer.from(`${revisions.join("\n")}\n`) });
  // The bottle goes next.
  await syncPath(path);
}
