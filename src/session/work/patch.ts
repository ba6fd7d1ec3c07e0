import { BottleError } from "../../core/model/errors.ts";
import { gitFailure } from "../../host/git.ts";
import type { Work } from "./selection.ts";

/** Which files of the work; paths are from the top of the workspace, empty: all. */
export interface PatchRequest {
  readonly what: "patch" | "stat";
  readonly paths: readonly string[];
  /** With binary files in full, so that `git apply` takes it. */
  readonly binary: boolean;
  /** For `stat`: columns. */
  readonly width: number;
}

const HOUR_MS = 3_600_000;

/**
 * Writes the work of one repository as a patch or its summary, piece by piece. Paths have the repository's own before
 * them. Nothing of the repository has a say in it: no external diff, no text conversion, no attributes (attack row 139).
 * Errors: GIT_FAILED.
 */
export async function writePatch(work: Work, request: PatchRequest, write: (piece: Buffer) => void): Promise<void> {
  const { path } = work.base;
  const inside = pathsInside(path, request.paths);
  if (inside === null) return;
  const prefix = path === "" ? "" : `${path}/`;
  const form =
    request.what === "stat"
      ? [`--stat=${request.width}`, "--summary"]
      : [
          "--patch",
          "--full-index",
          `--src-prefix=a/${prefix}`,
          `--dst-prefix=b/${prefix}`,
          ...(request.binary ? ["--binary"] : []),
        ];
  const fixed = ["--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--submodule=short"];
  const args = ["diff-tree", "-r", ...fixed, ...form, work.trees.snapshot, work.trees.work, "--", ...inside];
  const env = { GIT_LITERAL_PATHSPECS: "1" };
  const result = await work.quarantine.git.attempt(args, { env, onStdout: write, timeoutMs: HOUR_MS });
  if (result.code !== 0) throw gitFailure("diff-tree", result);
}

/** The paths as the repository has them; null: none of them is in it. */
function pathsInside(repository: string, paths: readonly string[]): readonly string[] | null {
  const plain = paths.map((path) => path.replace(/^(?:\.\/)+/, "").replace(/\/+$/, ""));
  const bad = plain.find((path) => path.startsWith("/") || path.split("/").includes(".."));
  if (bad !== undefined) {
    throw new BottleError("USAGE", `${bad} is no path inside the workspace`, {
      hint: "paths count from the top of the folder that was given to the agent",
    });
  }
  if (plain.length === 0 || plain.includes("") || plain.includes(".")) return [];
  if (repository === "") return plain;
  if (plain.some((path) => repository === path || repository.startsWith(`${path}/`))) return [];
  const inside = plain.filter((path) => path.startsWith(`${repository}/`));
  return inside.length === 0 ? null : inside.map((path) => path.slice(repository.length + 1));
}
