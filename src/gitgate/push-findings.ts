import { GITLEAKS_NAME } from "../core/gitgate/gitleaks-report.ts";
import { createLeakScanner, type LeakSearch } from "../core/leaks/leak-scanner.ts";
import type { RefUpdate } from "../core/model/git-gate.ts";
import type { AuditFinding, LeakFinding } from "../core/model/leak.ts";
import { printable } from "../core/wire/printable.ts";
import type { Git } from "../host/git.ts";
import type { GitleaksSearch } from "./gitleaks.ts";
import type { NewObject } from "./new-objects.ts";
import { type PlacedFinding, searchObjects } from "./object-search.ts";

export interface PushObjects {
  /** Git in the mirror with the quarantine's objects, and what it is made of. */
  readonly git: Git;
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly gitDir: string;
  readonly objects: readonly NewObject[];
  readonly updates: readonly RefUpdate[];
  readonly search: LeakSearch;
  /** True for what the operator lets leave. */
  readonly allowed: (finding: LeakFinding) => boolean;
  readonly gitleaks: () => Promise<GitleaksSearch | null>;
  /** Somebody may be asked about what looks like a token: then all of it must be known. */
  readonly all: boolean;
  readonly signal: AbortSignal;
}

export type PushReading =
  /** `whole`: both searches read everything, and there is nothing besides. */
  | { readonly ok: true; readonly findings: readonly AuditFinding[]; readonly whole: boolean }
  /** Not everything could be read. */
  | { readonly ok: false; readonly why: string; readonly tooMuch: boolean };

/** So many of gitleaks are told. */
const MOST_FINDINGS = 10;

/** Searches a push by our own engine and, where this host has it, by gitleaks at the same time; each has a veto. */
export async function searchPush(push: PushObjects): Promise<PushReading> {
  const { git, program, env, objects, updates, search, allowed, signal } = push;
  const refs = updates.map(({ ref }) => ref);
  const enough = new AbortController();
  const beside = searchBeside({ ...push, signal: AbortSignal.any([signal, enough.signal]) });
  beside.catch(() => undefined);
  try {
    const found = await searchObjects({ command: { argv: [program], env }, objects, refs, search, allowed, signal });
    if (!found.ok) return found;
    if (found.findings.length === 0) return await beside;
    const findings = await Promise.all(found.findings.map((finding) => placed(git, finding, search)));
    const others = push.all && found.whole ? await beside : null;
    if (others?.ok !== true) return { ok: true, findings, whole: false };
    return { ok: true, findings: [...findings, ...others.findings], whole: others.whole };
  } finally {
    enough.abort("the other search has ended");
    await beside.catch(() => undefined);
  }
}

async function searchBeside({
  gitleaks,
  gitDir,
  env,
  updates,
  search: own,
  allowed,
  signal,
}: PushObjects): Promise<PushReading> {
  const search = await gitleaks();
  if (search === null) return { ok: true, findings: [], whole: true };
  const reading = await search({ gitDir, env, updates, signal });
  if (!reading.ok) return reading;
  const findings = reading.findings.flatMap(({ rule, commit, path, line }): AuditFinding[] => {
    const name = `${GITLEAKS_NAME}${rule}`;
    if (allowed({ kind: "pattern", name, fingerprint: null, through: [], start: 0, end: 0 })) return [];
    const where = `commit ${commit.slice(0, 12)}: ${tellable(Buffer.from(path).toString("latin1"), own)}:${line}`;
    return [{ kind: "pattern", name, fingerprint: null, where, through: [], action: "blocked" }];
  });
  return { ok: true, findings: findings.slice(0, MOST_FINDINGS), whole: findings.length <= MOST_FINDINGS };
}

/** Where a finding stands, in the words of whoever has to take it out. */
async function placed(
  git: Git,
  { finding, object, type, inside }: PlacedFinding,
  search: LeakSearch,
): Promise<AuditFinding> {
  const { kind, name, fingerprint, through } = finding;
  if (type === "refs")
    return { kind, name, fingerprint, where: "the name of a branch or tag", through, action: "blocked" };
  const line = type === "blob" && inside === null ? await lineOf(git, object, finding.start) : null;
  const commit = `commit ${object.commit.slice(0, 12)}`;
  const where =
    type === "blob"
      ? `${commit}: ${tellable(object.path, search)}${line === null ? "" : `:${line}`}${inside === null || inside === "" ? "" : ` (${tellable(inside, search)} in it)`}`
      : type === "tag"
        ? `tag ${tellable(object.path, search)}`
        : type === "commit"
          ? `${commit}: its message or its author`
          : `${commit}: the name of a file or folder, or the commit of a submodule,`;
  return { kind, name, fingerprint, where, through, action: "blocked" };
}

/** Longest beginning of a file in which lines are counted. */
const COUNTED_BYTES = 16 << 20;

async function lineOf(git: Git, { id }: NewObject, start: number): Promise<number | null> {
  if (start > COUNTED_BYTES) return null;
  const done = await git.attempt(["cat-file", "blob", id], { maxBytes: COUNTED_BYTES + 1 }).catch(() => null);
  if (done === null) return null;
  let line = 1;
  for (let at = done.stdout.indexOf(10); at >= 0 && at < start; at = done.stdout.indexOf(10, at + 1)) line += 1;
  return line;
}

/** A path as it is shown: its bytes are an agent's. */
export function shownPath(path: string): string {
  return printable(Buffer.from(path, "latin1").toString("utf8"), 200);
}

/** As `shownPath`, but for a path that is a finding itself: a refusal never holds the secret. */
function tellable(path: string, search: LeakSearch): string {
  let holds = false;
  const scanner = createLeakScanner(search, () => {
    holds = true;
    return "stop";
  });
  scanner.push(Buffer.from(`${path}\n`, "latin1"));
  scanner.flush();
  return holds ? "(a path that holds a secret itself)" : shownPath(path);
}
