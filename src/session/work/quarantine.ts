import { readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { finished, Transform } from "node:stream";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { RepositoryBase, WorkRef } from "../../core/model/work.ts";
import { complaint, type Git, neutralGit } from "../../host/git.ts";
import { removePrivateFolder } from "../../host/private-folder.ts";
import type { CollectedWork } from "./collected.ts";
import { newQuarantineFolder } from "./quarantine-folder.ts";

/** Greatest pack that is read from a bottle. */
const MAX_PACK_BYTES = 4 * 1024 ** 3;
/** Reading and checking that much takes a while. */
const IMPORT_MS = 30 * 60_000;

/** A fresh bare repository, ours alone, in which what an agent made is judged before it goes anywhere else. */
export interface Quarantine extends AsyncDisposable {
  readonly git: Git;
  readonly folder: string;
  /** Its objects folder. */
  readonly objects: string;
  readonly base: RepositoryBase;
  /** Commits that the operator had at the start, on any ref, as far as they are still there; the snapshot is first. */
  readonly known: readonly string[];
}

/**
 * Makes a quarantine below `parent` (the bottle's folder): 0700, our own config, no hooks, no attributes, no refs. It
 * borrows the objects of the base and of the operator, which no agent can write. Errors: HOST_UNFIT, GIT_FAILED.
 */
export async function openQuarantine(parent: string, base: RepositoryBase, facts: HostFacts): Promise<Quarantine> {
  const folder = await newQuarantineFolder(parent);
  const remove = () => removePrivateFolder(folder);
  try {
    const git = neutralGit(facts.tools, folder);
    await git.run(["init", "--quiet", "--bare", "--template=", `--object-format=${base.objectFormat}`, "-b", "none"]);
    const objects = join(folder, "objects");
    const common = base.gitDir === null ? null : await commonDir(base.gitDir);
    const lenders = common === null ? [base.objects] : [base.objects, join(common, "objects")];
    const present = await Promise.all(lenders.map(isFolder));
    await writeFile(
      join(objects, "info/alternates"),
      lenders
        .filter((_, index) => present[index])
        .map((lender) => `${quoted(lender)}\n`)
        .join(""),
    );
    // Where the operator's history is cut off ours is too: else git would look for parents that nobody has.
    const shallow = common === null ? null : await readFile(join(common, "shallow")).catch(() => null);
    if (shallow !== null) await writeFile(join(folder, "shallow"), shallow);
    const known = await knownCommits(git, base);
    return { git, folder, objects, base, known, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The git dir that a linked work tree shares with its siblings (gitrepository-layout(5), commondir). */
async function commonDir(gitDir: string): Promise<string> {
  const named = await readFile(join(gitDir, "commondir"), "utf8").catch(() => null);
  return named === null ? gitDir : join(gitDir, named.trim());
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The snapshot, HEAD and the refs that were brought into the bottle, which our own repository of the start lists. */
async function knownCommits(git: Git, base: RepositoryBase): Promise<readonly string[]> {
  const brought = await readFile(join(dirname(base.objects), "brought-refs"), "latin1").catch(() => "");
  const ids = brought.split("\n").map((line) => line.split(" ")[0] ?? "");
  const all = [base.snapshot, base.head ?? "", ...ids].filter((id) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id));
  const stdin = Buffer.from([...new Set(all)].map((id) => `${id}^{commit}\n`).join(""));
  const checked = await git.run(["cat-file", "--batch-check=%(objectname) %(objecttype)"], { stdin });
  const found = checked
    .toString("latin1")
    .split("\n")
    .filter((line) => line.endsWith(" commit"));
  return [...new Set(found.map((line) => line.split(" ")[0] ?? ""))];
}

/** A line of info/alternates: quoted as in C where it could be taken for something else. */
function quoted(path: string): string {
  if (!/^["#]|[\n\\]/.test(path)) return path;
  return `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

/** Is there on what the bottle's work was built? If not, only a full pack can be read. A look, not a proof. */
export async function hasBase({ git, base }: Quarantine): Promise<boolean> {
  const needed = base.head === null ? [base.snapshot] : [base.snapshot, base.head];
  for (const id of needed) {
    const found = await git.attempt(["cat-file", "-e", `${id}^{tree}`]);
    if (found.code !== 0) return false;
  }
  return true;
}

/** What came out of a bottle, checked: its objects lie in the quarantine and nothing is missing. */
export interface ImportedWork {
  readonly quarantine: Quarantine;
  readonly base: RepositoryBase;
  readonly branch: string | null;
  readonly head: string | null;
  /** The same for the same files on the same head, whenever it is collected. */
  readonly work: string;
  readonly refs: readonly WorkRef[];
  /** Repositories within, which are not part of this one. */
  readonly embedded: readonly string[];
  /** Files that could not be collected. */
  readonly missed: readonly string[];
}

/**
 * Reads a bottle's pack into the quarantine: capped, each object hashed and checked (fsck, which refuses `.git` in
 * trees and hostile .gitmodules), each id that was claimed looked up, and everything it leads to must be there.
 * Errors: WORK_UNREADABLE, GIT_FAILED.
 */
export async function importWork(
  quarantine: Quarantine,
  collected: CollectedWork,
  maxBytes: number = MAX_PACK_BYTES,
): Promise<ImportedWork> {
  const { git, base } = quarantine;
  await takePack(git, collected, maxBytes);
  const head = collected.head === null ? null : await commit(git, collected.head);
  const refs: WorkRef[] = [];
  for (const { name, id } of collected.refs) {
    const fits = await git.attempt(["check-ref-format", name]);
    if (fits.code !== 0 || !name.startsWith("refs/")) throw unreadable("has a ref with an impossible name");
    // A tag of something else than a commit is nothing that could be shown or applied.
    const found = await commit(git, id).catch(() => null);
    if (found !== null) refs.push({ name, id: found });
  }
  const claimed = await commit(git, collected.work);
  await checkParent(git, claimed, head ?? base.snapshot);
  await checkWhole(quarantine, [claimed, ...refs.map(({ id }) => id)]);
  const { embedded, missed } = collected;
  const work = await settled(git, claimed, head, base);
  return { quarantine, base, branch: branchName(collected.branch), head, work, refs, embedded, missed };
}

async function takePack(git: Git, { pack }: CollectedWork, maxBytes: number): Promise<void> {
  let taken = 0;
  const cap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      taken += chunk.length;
      // Cut here and not only by git: what comes after is not even read.
      if (taken > maxBytes) done(unreadable(`is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
  const broken: Error[] = [];
  cap.once("error", (error) => {
    broken.push(error);
    pack.destroy();
  });
  // `finished` and not the event: the cage may have failed before anybody listened.
  finished(pack, (error) => {
    if (error != null) cap.destroy(error);
  });
  const args = ["index-pack", "--stdin", "--fix-thin", "--strict", `--max-input-size=${maxBytes}`];
  const result = await git.attempt(args, { stdin: pack.pipe(cap), timeoutMs: IMPORT_MS });
  pack.destroy();
  const [first] = broken;
  if (first instanceof BottleError) throw first;
  if (result.code !== 0 || first !== undefined) throw unreadable(`was refused by git: ${complaint(result.stderr)}`);
}

/** The commit that an id means; a tag is followed. */
async function commit(git: Git, id: string): Promise<string> {
  if (!/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(id)) throw unreadable("has an id that is none");
  const found = await git.attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", `${id}^{commit}`]);
  if (found.code !== 0) throw unreadable(`lacks ${id}, which it names, or that is no commit`);
  return found.stdout.toString("latin1").trim();
}

async function checkParent(git: Git, work: string, parent: string): Promise<void> {
  if (work === parent) return;
  const parents = await git.line(["rev-list", "--parents", "--max-count=1", work]);
  if (parents !== `${work} ${parent}`) throw unreadable("does not stand on the commit that it names");
}

async function checkWhole({ git, known }: Quarantine, tips: readonly string[]): Promise<void> {
  const walk = await git.attempt(["rev-list", "--objects", "--quiet", "--stdin"], { stdin: range(tips, known) });
  if (walk.code !== 0) throw unreadable(`is not whole: ${complaint(walk.stderr)}`);
}

/** Input for `git rev-list --stdin`: what the tips lead to and the known commits do not. */
export function range(tips: readonly string[], known: readonly string[]): Buffer {
  return Buffer.from([...new Set(tips), ...known.map((id) => `^${id}`)].map((line) => `${line}\n`).join(""));
}

/** The files of `claimed` on `head`, under an id that depends on nothing else: neither on the hour nor on who collected. */
async function settled(git: Git, claimed: string, head: string | null, base: RepositoryBase): Promise<string> {
  const parent = head ?? base.snapshot;
  const [tree = "", before = ""] = (await git.line(["rev-parse", `${claimed}^{tree}`, `${parent}^{tree}`])).split("\n");
  if (tree === before) return parent;
  const date = await git.line(["show", "--no-patch", "--format=%ct", parent]);
  return git.line(["commit-tree", tree, "-p", parent, "-m", "uncommitted work in the bottle"], { env: noOne(date) });
}

/** An identity that is nobody's. `date`: seconds since the epoch. */
export function noOne(date: string): Record<string, string> {
  return Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((role) => [
      [`GIT_${role}_NAME`, "bottle"],
      [`GIT_${role}_EMAIL`, "bottle@localhost"],
      [`GIT_${role}_DATE`, `@${date} +0000`],
    ]),
  );
}

/** For people only; anything odd is not worth showing. */
function branchName(branch: string | null): string | null {
  return branch !== null && /^refs\/heads\/[^\p{Cc} ~^:?*[\\]{1,200}$/u.test(branch) ? branch : null;
}

function unreadable(why: string): BottleError {
  return new BottleError("WORK_UNREADABLE", `the work that came out of the bottle ${why}`, {
    hint: "nothing of it was kept; look into the bottle with: bottle exec NAME -- git fsck",
  });
}
