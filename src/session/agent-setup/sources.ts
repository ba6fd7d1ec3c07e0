import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FoundSkill, HostFile } from "../../core/model/setup.ts";
import { expandHome } from "../../core/plan/home-path.ts";
import { holdsDocumentedSecret } from "../../core/plan/secret-shape.ts";
import { refuseSource, type SourceBounds } from "../../core/plan/source-refusals.ts";
import { readTree, readWithin, TREE_LIMITS, type TreeFile } from "../../host/file-tree.ts";

/** Where the paths of a manifest begin, and where they may lead. */
export interface SetupSource {
  /** Folder that relative paths belong to. */
  readonly base: string;
  readonly home: string;
  readonly bounds: SourceBounds;
}

/** More than any prompt; less than what a model takes. */
const PROMPT_BYTES = 256 << 10;

/** The text of `prompt.file`, or why it cannot be taken. */
export async function findPrompt(
  path: string,
  source: SetupSource,
): Promise<{ readonly text: string | null; readonly problems: readonly string[] }> {
  const problem = (why: string) => ({ text: null, problems: [`prompt file ${path}: ${why}`] });
  const found = await locate(path, source);
  if (!found.ok) return problem(found.why);
  if (found.isFolder) return problem(`${found.real} is a folder`);
  const file = await readWithin(found.real, source.bounds.project ?? found.real, PROMPT_BYTES);
  if (file.kind === "large") return problem(`${found.real} is larger than ${PROMPT_BYTES >> 10} KiB`);
  if (file.kind === "fault") return problem(`${found.real} ${file.why}`);
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(file.content), problems: [] };
  } catch {
    return problem(`${found.real} is not UTF-8 text`);
  }
}

/** Every skill, or all that is wrong with any of them. */
export async function findSkills(
  paths: readonly string[],
  source: SetupSource,
): Promise<{ readonly skills: readonly FoundSkill[]; readonly problems: readonly string[] }> {
  const found = await Promise.all(paths.map((path) => findSkill(path, source)));
  const skills = found.flatMap(({ skill }) => (skill === null ? [] : [skill]));
  const names = skills.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const bytes = skills.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
  const limit = 4 * TREE_LIMITS.bytes;
  return {
    skills,
    problems: [
      ...found.flatMap(({ problems }) => problems),
      ...[...new Set(twice)].map((name) => `skill ${name}: the manifest names two of this name`),
      ...(bytes > limit ? [`the skills together hold more than ${limit >> 20} MiB`] : []),
    ],
  };
}

interface SkillReading {
  readonly skill: FoundSkill | null;
  readonly problems: readonly string[];
}

async function findSkill(path: string, source: SetupSource): Promise<SkillReading> {
  const given = basename(path);
  const name = given.replace(/\.md$/, "");
  const refuse = (...problems: readonly string[]): SkillReading => ({ skill: null, problems });
  const problem = (why: string) => refuse(`skill ${name}: ${why}`);
  // The name becomes a folder's in the bottle and a command's in the agent.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    return refuse(`skill ${path}: a skill's name has 1 to 64 letters, digits, dots, hyphens and underlines`);
  }
  const found = await locate(path, source);
  if (!found.ok) return problem(found.why);
  if (!found.isFolder && !given.endsWith(".md")) return problem(`${found.real} is neither a folder nor a .md file`);
  const { files, faults } = await readTree(found.real);
  if (faults.length > 0) {
    const place = (path: string) => join(found.real, found.isFolder ? path : "");
    return refuse(...faults.slice(0, 10).map((fault) => `skill ${name}: ${place(fault.path)} ${fault.why}`));
  }
  if (found.isFolder && !files.some((file) => file.path === "SKILL.md")) {
    return problem(`${found.real} has no SKILL.md`);
  }
  return { skill: { name, from: found.real, files: files.map(hostFile) }, problems: [] };
}

/** What the plan keeps of a file that was read. */
export function hostFile({ host, path, executable, content, sha256 }: TreeFile): HostFile {
  const suspicious = holdsDocumentedSecret(content.toString("latin1"));
  return { host, path, mode: executable ? 0o755 : 0o644, bytes: content.length, sha256, suspicious };
}

type Located =
  | { readonly ok: true; readonly real: string; readonly isFolder: boolean }
  | { readonly ok: false; readonly why: string };

/** The real path behind a path of the manifest, if that may be brought in; `why` names it. */
async function locate(path: string, { base, home, bounds }: SetupSource): Promise<Located> {
  const expanded = expandHome(path, home);
  const full = expanded.startsWith("/") ? expanded : join(base, expanded);
  const real = await realpath(full).catch(() => null);
  if (real === null) return { ok: false, why: `${full} does not exist` };
  const refusal = refuseSource(real, bounds);
  if (refusal !== null) {
    return { ok: false, why: refusal.startsWith(real) ? refusal : `${real} ${refusal}` };
  }
  const kind = await stat(real).catch(() => null);
  return { ok: true, real, isFolder: kind?.isDirectory() === true };
}
