import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { STORED_FOLDERS } from "../../../core/model/bottle-record.ts";
import { BottleError } from "../../../core/model/errors.ts";
import { isErrno, writeFileAtomically } from "../../../host/files.ts";
import type { Engine } from "../engine.ts";

/** Where the agent-written folders of a bottle are whose engine does not see this machine's files: in volumes of it. */
export interface StoredFolders {
  /** The engine of the bottle's start, whatever the environment names by now. */
  readonly engine: Engine;
  /** Name of a folder of the bottle to name of its volume. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** Folders of a bottle that hold folders of their own, each for one job; nothing of an agent's writes there. */
const HOLDERS: readonly string[] = ["base", "scratch"];

/** A folder of a bottle that has volumes. */
export interface StoredFolder {
  readonly stored: StoredFolders;
  /** The volume that it stands for; null: it is on this machine, and only our own code has written there. */
  readonly volume: string | null;
}

/** What is known of the folders in `bottle`; null when they lie there themselves. Errors: STATE_UNUSABLE. */
export function readStoredFolders(bottle: string): StoredFolders | null {
  const path = join(bottle, STORED_FOLDERS);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
  const stored = parse(text);
  if (stored !== null) return stored;
  throw new BottleError("STATE_UNUSABLE", `${path} cannot be read`, {
    hint: "another version wrote it, or it was changed: docker volume ls --filter label=bot-bottle.kind shows what it names",
  });
}

/** What is known of this folder of a bottle, or of one for a job in it; null when it lies there itself. */
export function storedFolder(folder: string): StoredFolder | null {
  const above = dirname(folder);
  const stored = readStoredFolders(above);
  if (stored !== null) return { stored, volume: stored.volumes[basename(folder)] ?? null };
  const around = HOLDERS.includes(basename(above)) ? readStoredFolders(dirname(above)) : null;
  return around === null ? null : { stored: around, volume: null };
}

/** Errors: STATE_UNUSABLE. */
export async function writeStoredFolders(bottle: string, { engine, volumes }: StoredFolders): Promise<void> {
  await writeFileAtomically(
    join(bottle, STORED_FOLDERS),
    `${JSON.stringify({ schema: 1, engine, volumes }, null, 2)}\n`,
  );
}

function parse(text: string): StoredFolders | null {
  const isWords = (value: unknown): value is Record<string, string> =>
    typeof value === "object" && value !== null && Object.values(value).every((word) => typeof word === "string");
  try {
    const { schema, engine, volumes } = JSON.parse(text) as {
      schema?: unknown;
      engine?: Partial<Engine>;
      volumes?: unknown;
    };
    if (schema !== 1 || typeof engine?.docker !== "string" || !isWords(engine.env) || !isWords(volumes)) return null;
    return { engine: { docker: engine.docker, env: engine.env }, volumes };
  } catch {
    return null;
  }
}
