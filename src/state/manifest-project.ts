import { createHash } from "node:crypto";
import { join } from "node:path";
import type { NamedFile, ProjectStanding } from "../core/model/definition.ts";
import { namedPaths, projectPathParts } from "../core/plan/project-paths.ts";
import { changesSince, type TrustedSet } from "../core/plan/trust.ts";
import { shellWord } from "../core/wire/shell-words.ts";
import { digestTree, readPlainFile, TREE_LIMITS } from "../host/plain-tree.ts";
import { type Layout, MANIFEST_NAME } from "./layout.ts";
import type { Path } from "./manifest-text.ts";
import { type FoundTrust, readTrust } from "./trust-records.ts";

/** A project's manifest, read once: what is judged and shown is what is used. */
export interface ReadProject {
  /** undefined: the file cannot be taken, as `unreadable` says in half a sentence. */
  readonly text: string | undefined;
  readonly unreadable: string | null;
  readonly standing: ProjectStanding;
  /** What would be trusted now. */
  readonly set: TrustedSet;
  /** Paths in the manifest that cannot be taken. */
  readonly pathFaults: readonly { readonly place: Path; readonly message: string }[];
}

/** Larger than any manifest. */
const MAX_BYTES = 1 << 20;
/** More than any project names; what is beyond is a fault, so that a file costs little to refuse. */
const MAX_PATHS = 256;

/**
 * Reads the manifest of the project in `workspace` (a real path) with every file that it names, and compares them with
 * what the operator trusts. null: there is none. No link is followed, in the file's own place or on the way to another
 * (attack rows 141, 143): it could lead to any file, whose lines would then show in messages or go into a bottle.
 */
export async function readProject(layout: Layout, workspace: string, uid: number): Promise<ReadProject | null> {
  const file = join(workspace, MANIFEST_NAME);
  const found = await readPlainFile(workspace, [MANIFEST_NAME], MAX_BYTES);
  if (found.kind === "missing") return null;
  const bytes = found.kind === "file" ? found.bytes : Buffer.alloc(0);
  const text = found.kind === "file" ? decoded(bytes) : undefined;
  const unreadable = found.kind === "refused" ? found.why : text === undefined ? "is not UTF-8 text" : null;
  const { files, faults } = await readNamed(workspace, file, text ?? "");
  const set: TrustedSet = { project: workspace, manifest: sha256(bytes), files };
  const trust = await readTrust(layout, workspace, uid);
  const changed = trust.kind === "record" ? changesSince(trust.record, set, MANIFEST_NAME) : [];
  const standing =
    unreadable !== null || trust.kind !== "record" ? "untrusted" : changed.length > 0 ? "changed" : "trusted";
  return {
    text,
    unreadable,
    standing: { file, standing, changed, files, note: noteOn(trust, changed, workspace) },
    set,
    pathFaults: faults,
  };
}

async function readNamed(
  workspace: string,
  file: string,
  text: string,
): Promise<{ files: Readonly<Record<string, NamedFile>>; faults: ReadProject["pathFaults"] }> {
  // The parser is loaded only where there is something to parse.
  const { parseManifestText } = await import("./manifest-text.ts");
  const named = namedPaths(parseManifestText(file, text).value);
  const faults: { place: Path; message: string }[] = [];
  const files = new Map<string, NamedFile>();
  const limits = { ...TREE_LIMITS };
  const known = new Map<string, string | null>();
  for (const { place, path } of named) {
    const parts = projectPathParts(path);
    if (typeof parts === "string") {
      faults.push({ place, message: parts });
      continue;
    }
    const key = parts.join("/");
    let wrong = known.get(key);
    if (wrong === undefined) {
      wrong = null;
      const tree = known.size < MAX_PATHS ? await digestTree(workspace, parts, limits) : null;
      if (tree === null) wrong = `a project names at most ${MAX_PATHS} paths`;
      else if (tree.kind === "missing") wrong = `${path} is missing`;
      else if (tree.kind === "refused") wrong = `${tree.path} ${tree.why}`;
      else {
        limits.allBytes -= tree.bytes;
        limits.entries -= tree.entries;
        for (const [name, digest] of Object.entries(tree.files)) files.set(name, digest);
      }
      known.set(key, wrong);
    }
    if (wrong !== null) faults.push({ place, message: wrong });
  }
  return { files: Object.fromEntries(files), faults };
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function noteOn(trust: FoundTrust, changed: readonly string[], workspace: string): string | null {
  if (trust.kind === "unusable") return `${trust.file} ${trust.why}, so that it trusts nothing`;
  return changed.length === 0 ? null : changeNote(changed, workspace);
}

function changeNote([first = "", ...more]: readonly string[], workspace: string): string {
  const what = more.length === 0 ? first : `${first} and ${more.length} more`;
  return `${what} changed since you trusted it: look again with bottle trust ${shellWord(workspace)}`;
}

/** How a project's file could become trusted, as the beginning of a hint. */
export function trustHint({ standing, set }: ReadProject): string {
  return standing.standing === "changed"
    ? changeNote(standing.changed, set.project)
    : `see what it would allow with bottle trust ${shellWord(set.project)}`;
}
