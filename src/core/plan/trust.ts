import type { NamedFile } from "../model/definition.ts";

/** What an operator trusts: these very bytes at this place, and nothing else. */
export interface TrustedSet {
  /** Real path of the project. */
  readonly project: string;
  /** SHA-256 of the manifest's bytes, in hex. */
  readonly manifest: string;
  /** Every file that the manifest names, by its path below the project. */
  readonly files: Readonly<Record<string, NamedFile>>;
}

/**
 * What differs between the set that was trusted and the one that is there now: the manifest's own name, or paths below
 * the project, in order. Empty: the very same bytes.
 */
export function changesSince(trusted: TrustedSet, now: TrustedSet, manifestName: string): readonly string[] {
  const paths = [...new Set([...Object.keys(trusted.files), ...Object.keys(now.files)])].sort();
  const changed = paths.filter((path) => !sameFile(entry(trusted, path), entry(now, path)));
  return trusted.manifest === now.manifest ? changed : [manifestName, ...changed];
}

function entry(set: TrustedSet, path: string): NamedFile | undefined {
  return Object.hasOwn(set.files, path) ? set.files[path] : undefined;
}

function sameFile(one: NamedFile | undefined, other: NamedFile | undefined): boolean {
  return one !== undefined && one.sha256 === other?.sha256 && one.executable === other.executable;
}
