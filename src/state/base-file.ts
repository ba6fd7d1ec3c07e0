import { dirname, isAbsolute, join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import type { RepositoryBase, WorkBase } from "../core/model/work.ts";
import { readTextFile, writeFileAtomically } from "../host/files.ts";

const BASE_FOLDER = "base";

/** Writes `base.json`: where the work of a bottle began. Errors: STATE_UNUSABLE. */
export async function writeBase(path: string, base: WorkBase): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(base, null, 2)}\n`);
}

/** Reads it; null when the bottle has none (bind, or its start failed). Errors: STATE_UNUSABLE. */
export async function readBase(path: string): Promise<WorkBase | null> {
  const file = await readTextFile(path, { followLinks: false });
  if (file.kind === "missing") return null;
  const base = file.kind === "text" ? parseBase(file.text) : null;
  if (base !== null) return placed(base, dirname(path));
  throw new BottleError("STATE_UNUSABLE", `${path} cannot be read`, {
    hint: "the work in the bottle is whole; bottle cp takes files out",
  });
}

/** A bottle's folder is moved aside before it is removed: our repositories are where it stands now. */
function placed(base: WorkBase, folder: string): WorkBase {
  const repositories = base.repositories.map((repository, index) => ({
    ...repository,
    objects: join(folder, BASE_FOLDER, `${index}.git`, "objects"),
  }));
  return { ...base, repositories };
}

function parseBase(text: string): WorkBase | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const base = value as WorkBase;
  const sound =
    base?.schema === 1 &&
    (base.kind === "clone" || base.kind === "copy") &&
    Array.isArray(base.repositories) &&
    base.repositories.length > 0 &&
    base.repositories.every(isRepository);
  return sound ? base : null;
}

function isRepository(value: RepositoryBase): boolean {
  const { path, host, gitDir, branch, head, snapshot, objectFormat, objects } = value ?? {};
  const id = objectFormat === "sha1" ? /^[0-9a-f]{40}$/ : /^[0-9a-f]{64}$/;
  return (
    typeof path === "string" &&
    !path.split("/").includes("..") &&
    [host, objects].every((folder) => typeof folder === "string" && isAbsolute(folder)) &&
    (gitDir === null || (typeof gitDir === "string" && isAbsolute(gitDir))) &&
    (branch === null || typeof branch === "string") &&
    (head === null || id.test(head)) &&
    (objectFormat === "sha1" || objectFormat === "sha256") &&
    id.test(snapshot)
  );
}
