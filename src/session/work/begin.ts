import { chmodSync, mkdirSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Backend, WorkshopJob, WorkshopResult } from "../../backends/backend.ts";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { BottlePlan } from "../../core/model/plan.ts";
import type { Secret } from "../../core/model/secret.ts";
import type { RepositoryBase, WorkBase } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import { shellWord } from "../../core/wire/shell-words.ts";
import type { WorkReport } from "../../core/wire/work-report.ts";
import { orUnwritable } from "../../host/files.ts";
import { type HostRepository, repositoryAt } from "../../host/repository.ts";
import { writeBase } from "../../state/base-file.ts";
import type { LivePaths } from "../../state/layout.ts";
import { CLONE_SCRIPT } from "./clone-script.ts";
import { type CloneSearch, cloneSearch } from "./clone-search.ts";
import { FOLDER_SCRIPT } from "./folder-script.ts";

/** What a start needs to bring in a workspace and to know later what became of it. */
export interface Beginning {
  readonly plan: BottlePlan;
  readonly backend: Backend;
  readonly facts: HostFacts;
  readonly paths: Pick<LivePaths, "workspace" | "base" | "baseFolder">;
  /** What must not enter. */
  readonly secrets: readonly Secret[];
  /** Patterns of the operator's own that no repository names (core.excludesFile). */
  readonly ignored: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const MOST_REPOSITORIES = 256;
/** Files that could not be read: so many are named. */
const MOST_NOTES = 5;
/** Bytes of objects that are searched for credentials at each start, newest first. */
const HISTORY_LIMIT = 256 * 2 ** 20;

/** One repository to bring: where it is in the workspace, and on the host; `repository` null: a plain folder. */
interface Part {
  readonly path: string;
  readonly host: string;
  readonly repository: HostRepository | null;
}

/**
 * Fills the bottle's workspace with a clone (DESIGN section 9), submodules and repositories within it included as far
 * as they are on this host, and keeps where the work begins. Errors: PROVISION_FAILED, SECRET_EXPOSED.
 */
export async function beginClone(beginning: Beginning): Promise<void> {
  const { host, clone } = beginning.plan.workspace;
  if (clone === null) throw new BottleError("INVARIANT", "a clone without a repository");
  const top = { path: "", host, repository: { root: host, ...clone } };
  await writeBase(beginning.paths.base, await begin(beginning, "clone", top));
}

/**
 * Keeps what a plain folder holds at the start, so that `bottle diff` has something to compare with. What it answers is
 * to be called when the copy is whole and was searched: a bottle without a base is never resumed (attack row 89).
 * Errors: PROVISION_FAILED.
 */
export async function beginCopy(beginning: Beginning): Promise<() => Promise<void>> {
  const top = { path: "", host: beginning.plan.workspace.host, repository: null };
  const base = await begin(beginning, "copy", top);
  return () => writeBase(beginning.paths.base, base);
}

async function begin(beginning: Beginning, kind: "clone" | "copy", top: Part): Promise<WorkBase> {
  const repositories: RepositoryBase[] = [];
  const open = [top];
  for (let part = open.shift(); part !== undefined; part = open.shift()) {
    for (const folder of part.repository?.alternates ?? []) {
      beginning.say(`bottle: note: the repository ${printable(part.host)} borrows objects from ${printable(folder)}`);
    }
    const place = join(beginning.paths.baseFolder, `${repositories.length}.git`);
    const report = await bring(beginning, part, place);
    repositories.push(baseOf(part, place, report));
    sayMissed(beginning, part, report.missed);
    for (const name of report.embedded) {
      const inner = await embedded(part, name, kind);
      if (typeof inner === "string") beginning.say(`bottle: note: ${printable(inner)}`);
      else if (inner !== null) open.push(inner);
    }
    if (repositories.length + open.length > MOST_REPOSITORIES) {
      throw new BottleError("PROVISION_FAILED", `the workspace holds more than ${MOST_REPOSITORIES} repositories`, {
        hint: "start in the folder of one project",
      });
    }
  }
  return { schema: 1, kind, repositories };
}

function baseOf({ path, host, repository }: Part, place: string, report: WorkReport): RepositoryBase {
  const { format, snapshot, head, branch } = report;
  if (snapshot === null) throw unreadable(host, "its report names no commit");
  const objects = join(place, "objects");
  return { path, host, gitDir: repository?.gitDir ?? null, branch, head, snapshot, objectFormat: format, objects };
}

/** A repository in another one's work tree. A text: why it is left out; null: nothing is there. */
async function embedded(part: Part, name: string, kind: "clone" | "copy"): Promise<Part | string | null> {
  const host = join(part.host, name);
  const path = join(part.path, name);
  // A link in the path would lead to another folder of the operator.
  if ((await realpath(host).catch(() => null)) !== host) return null;
  if (kind === "copy") return { path, host, repository: null };
  const found = await repositoryAt(host);
  if (found.kind === "refused") return `${path} is left out: ${found.why}`;
  if (found.kind === "none") return null;
  if (found.repository.commonDir === part.repository?.commonDir) {
    return `${path} is left out: it is another work tree of the same repository`;
  }
  return { path, host, repository: found.repository };
}

function sayMissed({ say }: Beginning, { path }: Part, missed: readonly string[]): void {
  for (const name of missed.slice(0, MOST_NOTES)) {
    say(
      `bottle: note: ${printable(join(path, name))} could not be read, and is in the bottle as it was committed or not at all`,
    );
  }
  if (missed.length > MOST_NOTES) say(`bottle: note: and ${missed.length - MOST_NOTES} more that could not be read`);
}

async function bring(beginning: Beginning, part: Part, place: string): Promise<WorkReport> {
  const { plan, backend, facts, paths, secrets, signal } = beginning;
  const search = cloneSearch(secrets);
  // Synchronous: the start loads modules next, which would keep a workshop waiting that has not begun.
  orUnwritable(place, () => {
    mkdirSync(place, { mode: 0o755 });
    // For the agent to read when its work is collected, whatever the umask; the folders around are closed to everybody else.
    for (const folder of [paths.baseFolder, place]) chmodSync(folder, 0o755);
  });
  const result = await backend.workshop(
    {
      bottle: plan.name,
      agentFolder: paths.workspace,
      as: "owner",
      ...(part.repository === null ? folderJob(part, place) : cloneJob(beginning, part, part.repository, place)),
      onStdout: (chunk) => {
        search.push(chunk);
        return undefined;
      },
      signal,
    },
    facts,
  );
  if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
  const report = result.code === 0 ? search.report() : null;
  if (report === null) throw unreadable(part.host, firstLine(result));
  refuseExposed(part.host, search);
  if (report.history?.whole === false) {
    const searched = `the newest ${HISTORY_LIMIT / 2 ** 20} MiB of the history of ${printable(part.host)}`;
    beginning.say(`bottle: note: only ${searched} were searched for the values of credentials`);
  }
  return report;
}

function refuseExposed(host: string, { inFiles, inHistory }: CloneSearch): void {
  const [where, names, hint] =
    inFiles.size > 0
      ? [
          "workspace",
          inFiles,
          `find the file with: git -C ${shellWord(host)} grep -lF "$VALUE"; remove it from there and start again`,
        ]
      : [
          "history of",
          inHistory,
          `git -C ${shellWord(host)} log --all --oneline -S "$VALUE" names the commits; change the credential at its issuer, or take the files without git: --workspace copy`,
        ];
  if (names.size === 0) return;
  throw new BottleError(
    "SECRET_EXPOSED",
    `the ${where} ${host} contains the value of the credential ${[...names].join(", ")}, which must not enter a bottle`,
    { hint },
  );
}

type Job = Pick<WorkshopJob, "script" | "args" | "folders" | "stdin">;

function folderJob(part: Part, place: string): Job {
  return {
    script: FOLDER_SCRIPT,
    args: ["/source/work", "/base"],
    folders: [
      { host: part.host, guest: "/source/work" },
      { host: place, guest: "/base", writable: true },
    ],
    stdin: new Uint8Array(),
  };
}

function cloneJob({ plan, paths, secrets, ignored }: Beginning, part: Part, from: HostRepository, place: string): Job {
  const gitDir = join("/source/git", relative(from.commonDir, from.gitDir));
  const alternates = from.alternates.map((host, index) => ({ host, guest: `/source/alternates/${index}` }));
  const include = part.path === "" ? (plan.workspace.clone?.include ?? []) : [];
  return {
    script: CLONE_SCRIPT,
    args: [
      ...["/source/work", gitDir, "/source/git", join("/target", part.path), "/base"],
      ...[secrets.length > 0 ? String(HISTORY_LIMIT) : "", ...alternates.map(({ guest }) => guest)],
    ],
    folders: [
      { host: part.host, guest: "/source/work" },
      { host: from.commonDir, guest: "/source/git" },
      ...alternates,
      { host: paths.workspace, guest: "/target", writable: true },
      { host: place, guest: "/base", writable: true },
    ],
    stdin: Buffer.from(`${ignored.replace(/\n+/g, "\n").trim()}\n\n${include.map((line) => `${line}\n`).join("")}`),
  };
}

function unreadable(host: string, why: string): BottleError {
  return new BottleError("PROVISION_FAILED", `the repository ${host} could not be read whole: ${why}`, {
    hint: "git fsck says what is wrong with it; --workspace copy takes its files without git",
  });
}

/** Why a workshop ended as it did; what it said is not to be trusted. */
function firstLine({ code, words, timedOut }: WorkshopResult): string {
  if (timedOut) return "it took too long";
  return printable(words.trim().split("\n")[0] ?? "", 300) || `git ended with ${code}`;
}
