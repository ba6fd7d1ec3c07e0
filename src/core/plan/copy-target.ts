import { isName } from "../model/ids.ts";

/** One side of `bottle cp`. */
export type CopyPlace =
  | { readonly at: "host"; readonly path: string }
  | { readonly at: "bottle"; readonly bottle: string; readonly path: string }
  /** `-`: a tar archive on stdin or stdout. */
  | { readonly at: "stream" };

/** `NAME:PATH`, `-` or a path of this machine; one with a colon begins with `/` or `.`, as for docker cp and scp. */
export function copyPlace(word: string): CopyPlace {
  if (word === "-") return { at: "stream" };
  const colon = word.indexOf(":");
  const bottle = word.slice(0, Math.max(0, colon));
  if (!isName(bottle)) return { at: "host", path: word };
  return { at: "bottle", bottle, path: word.slice(colon + 1) || "." };
}

export interface CopySource {
  readonly folder: boolean;
  /** As it was typed. */
  readonly path: string;
}

/** What stands at the target already. */
export type CopyEnd = "folder" | "other" | "nothing" | "nowhere";

export type CopyTarget =
  /** `name`: what the source is called in `folder`; null: its entries go into `folder` itself. */
  | { readonly ok: true; readonly folder: string; readonly name: string | null }
  | { readonly ok: false; readonly problem: string };

/**
 * Where a source goes, by the rules of docker cp: into a folder that exists under its own name, else under the name that
 * was typed; `SOURCE/.` means what is in it. `end` is `nowhere` when even the folder above `to` is not there.
 */
export function copyTarget(source: CopySource, to: string, end: CopyEnd): CopyTarget {
  const bad = (problem: string): CopyTarget => ({ ok: false, problem });
  const own = baseName(source.path);
  const wantsFolder = /\/\.?$/.test(to);
  if (end === "folder") {
    if (source.folder && (own === null || /(?:^|\/)\.$/.test(source.path))) return { ok: true, folder: to, name: null };
    return own === null ? bad(`${source.path} has no name of its own`) : { ok: true, folder: to, name: own };
  }
  if (end === "nowhere") return bad(`the folder above ${to} does not exist`);
  if (end === "other" && source.folder) return bad(`${to} is not a folder`);
  if (end === "other" && wantsFolder) return bad(`${to} is not a folder`);
  if (!source.folder && wantsFolder) return bad(`the folder ${to} does not exist`);
  const name = baseName(to);
  return name === null ? bad(`${to} cannot be the name of a copy`) : { ok: true, folder: folderAbove(to), name };
}

/** The last part of a path; null where that is no name (`/`, `.`, `..`, `a/..`). */
export function baseName(path: string): string | null {
  const last = path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .at(-1);
  return last === undefined || last === ".." ? null : last;
}

/** The path without its last part. */
export function folderAbove(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `${path.startsWith("/") ? "/" : ""}${parts.slice(0, -1).join("/")}` || ".";
}
