import type { Bottle } from "../backends/backend.ts";
import {
  type ConfigurationChange,
  configurationChanges,
  type WatchedFile,
  watchedFiles,
} from "../core/changes/configuration.ts";
import type { GuestFile } from "../core/model/command.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { readTar } from "../core/wire/tar-entries.ts";
import { readTextFile } from "../host/files.ts";
import type { BottlePaths } from "../state/layout.ts";

/** The configuration with which an agent began: kept in the bottle's folder, written at start. */
interface Provisioned {
  readonly schema: 1;
  readonly watched: readonly string[];
  readonly files: readonly WatchedFile[];
}

/** Text of `provisioned.json` for the files that were placed. */
export function provisionedText({ setup }: Pick<BottlePlan, "setup">, placed: readonly GuestFile[]): string {
  const { watched } = setup;
  const provisioned: Provisioned = { schema: 1, watched, files: watchedFiles(watched, placed) };
  return `${JSON.stringify(provisioned, null, 2)}\n`;
}

/** Greatest archive that is read of a bottle's configuration. */
const ARCHIVE_BYTES = 32 << 20;
const LIMIT_MS = 20_000;

/**
 * A script for /bin/sh that writes the regular files at or below its arguments to stdout as a tar archive of at most
 * `ARCHIVE_BYTES`; places are named without the leading slash, and links are never followed. Runs as the agent, inside
 * the bottle or in a throw-away cage that has the home at the same path: host code opens nothing below it (attack row
 * 143).
 */
export const PACK_CONFIGURATION = `cd / || exit 1
find -P "$@" -maxdepth 14 -type f -print0 2>/dev/null | head -z -n 4096 |
  tar --create --file=- --format=posix --hard-dereference --null --no-recursion --verbatim-files-from --files-from=- 2>/dev/null |
  head -c ${ARCHIVE_BYTES}
exit 0`;

/** Runs `PACK_CONFIGURATION` with these arguments and answers what it wrote. */
export type PackConfiguration = (places: readonly string[]) => Promise<Uint8Array>;

/** The packer of a bottle that runs. */
export function packInside(bottle: Pick<Bottle, "exec">): PackConfiguration {
  return async (places) => {
    const command = { argv: ["/bin/sh", "-c", PACK_CONFIGURATION, "sh", ...places], cwd: "/" };
    return (await bottle.exec(command, { timeoutMs: LIMIT_MS, maxBytes: ARCHIVE_BYTES })).stdout;
  };
}

/** What the agent made of its own configuration. */
export interface ConfigurationReport {
  readonly changes: readonly ConfigurationChange[];
  /** False: there was more than is read, so what is missing was not looked for. */
  readonly whole: boolean;
}

/**
 * What the agent changed in its instructions, settings, skills and commands since the bottle was made. Paths and
 * patches are the agent's words: escape them for their sink. Nothing is ever written back. Errors: STATE_UNUSABLE when
 * the bottle's folder does not tell how it began.
 */
export async function changedConfiguration(
  { provisioned }: Pick<BottlePaths, "provisioned">,
  pack: PackConfiguration,
): Promise<ConfigurationReport> {
  const { watched, files } = await readProvisioned(provisioned);
  const archive = readTar(await pack(watched.map((place) => place.replace(/^\/+|#.*/g, ""))));
  const now = archive.files.map((file) => ({ ...file, path: `/${file.path.replace(/^\/+/, "")}` }));
  return { changes: configurationChanges(files, watchedFiles(watched, now), archive.whole), whole: archive.whole };
}

async function readProvisioned(path: string): Promise<Provisioned> {
  const file = await readTextFile(path, { maxBytes: 64 << 20, followLinks: false });
  const unusable = (why: string) =>
    new BottleError("STATE_UNUSABLE", `${path} ${why}`, {
      hint: "the bottle was made by another version, or its folder was changed",
    });
  if (file.kind !== "text") throw unusable(file.kind === "missing" ? "is missing" : file.why);
  try {
    const value = JSON.parse(file.text) as Provisioned;
    if (value.schema === 1 && Array.isArray(value.watched) && Array.isArray(value.files)) return value;
  } catch {
    // Said below.
  }
  throw unusable("cannot be read");
}
