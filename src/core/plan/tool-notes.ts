import type { Mount } from "../model/plan.ts";
import { TOOLCHAINS } from "./toolchains.ts";

/** A kind of project, told by a file at its top, and a program without which little can be done in it. */
export interface ProjectKind {
  readonly files: readonly string[];
  readonly program: string;
}

export const PROJECT_KINDS: readonly ProjectKind[] = [
  { files: ["package.json"], program: "node" },
  { files: ["pyproject.toml", "requirements.txt", "setup.py"], program: "python3" },
  { files: ["Cargo.toml"], program: "cargo" },
  { files: ["go.mod"], program: "go" },
  { files: ["pom.xml", "build.gradle", "build.gradle.kts"], program: "java" },
];

/** Names of the toolchains that bring `program`. */
export function toolchainsWith(program: string): readonly string[] {
  return Object.values(TOOLCHAINS).flatMap(({ name, programs }) => (programs.includes(program) ? [name] : []));
}

/** Where a folder of the bottle lies on the host; null: it is the bottle's own. */
export function hostFolder(guest: string, mounts: readonly Mount[]): string | null {
  const mount = mounts.find((one) => guest === one.guest || guest.startsWith(`${one.guest}/`));
  if (mount !== undefined) return mount.host + guest.slice(mount.guest.length);
  return /^\/(?:usr|bin|sbin)(?:\/|$)/.test(guest) ? guest : null;
}

/** What to tell an operator whose project needs `program`, which the bottle does not show; `found` are toolchains of this host. */
export function toolNote(file: string, program: string, found: readonly string[]): string {
  const what = `the project has a ${file}, and the bottle shows no ${program}`;
  const [first] = found;
  return first === undefined
    ? `${what}; "tools" in the manifest can show a folder of this host that has it`
    : `${what}; "tools": [${JSON.stringify(first)}] in the manifest shows that of this host`;
}
