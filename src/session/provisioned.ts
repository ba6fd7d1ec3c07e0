import type { Backend } from "../backends/backend.ts";
import { type ConfigurationChange, configurationChanges } from "../core/changes/configuration.ts";
import { watchedFiles } from "../core/changes/watched-files.ts";
import { BottleError } from "../core/model/errors.ts";
import { GUEST_HOME } from "../core/plan/guest.ts";
import { printable } from "../core/wire/printable.ts";
import type { TarEntry } from "../core/wire/tar-head.ts";
import { TarReader } from "../core/wire/tar-reader.ts";
import { readTextFile } from "../host/files.ts";
import type { BottlePaths } from "../state/layout.ts";
import type { SessionContext } from "./context.ts";
import { type Provisioned, TEXT_BYTES } from "./provisioned-text.ts";

/** Greatest archive that is read of a bottle's configuration. */
const ARCHIVE_BYTES = 32 << 20;
const MAX_FILES = 4096;
const LIMIT_MS = 20_000;

/** Where the cage that packs has the home: bwrap closes the folders above a deeper place to all but root. */
const PLACE = "/agent";

/** Writes the regular files at or below its arguments, paths below the home, to stdout as tar; follows no link. */
const PACK = `cd ${PLACE} || exit 1
find -P "$@" -maxdepth 14 -type f -print0 2>/dev/null | head -z -n ${MAX_FILES + 1} |
  tar --create --file=- --format=posix --hard-dereference --null --no-recursion --verbatim-files-from --files-from=- 2>/dev/null |
  head -c ${ARCHIVE_BYTES}
exit 0`;

/** What the agent made of its own configuration. */
export interface ConfigurationReport {
  readonly changes: readonly ConfigurationChange[];
  /** False: there was more than is read, so nothing counts as removed. */
  readonly whole: boolean;
}

/**
 * What an agent changed in its instructions, settings, skills and commands since its bottle was made, while it runs or
 * after it ended. Host code opens nothing below its home: a throw-away cage packs what is looked at (attack row 143).
 * Paths and patches are the agent's words: escape them for their sink. Nothing is ever written back. Errors:
 * STATE_UNUSABLE when the bottle's folder does not tell how it began, or its home cannot be looked at.
 */
export async function changedConfiguration(
  { name, backend, paths }: { readonly name: string; readonly backend: Backend; readonly paths: BottlePaths },
  { facts, signal }: Pick<SessionContext, "facts" | "signal">,
): Promise<ConfigurationReport> {
  const { watched, files } = await readProvisioned(paths.provisioned);
  const archive = fileReader();
  const { code, words } = await backend.workshop(
    {
      bottle: name,
      script: PACK,
      args: watched.map((place) => place.replace(`${GUEST_HOME}/`, "").replace(/#.*/, "")),
      folders: [{ host: paths.home, guest: PLACE }],
      agentFolder: paths.home,
      as: "agent",
      stdin: new Uint8Array(),
      onStdout: (chunk) => void archive.push(chunk),
      timeoutMs: LIMIT_MS,
      signal,
    },
    facts,
  );
  if (code !== 0) {
    throw new BottleError("STATE_UNUSABLE", `the home of ${name} could not be looked at: ${printable(words, 300)}`);
  }
  const { found, whole } = archive.end();
  return { changes: configurationChanges(files, watchedFiles(watched, found), whole), whole };
}

/** Collects the regular files of a tar archive of a home; what comes after the first problem in it is not looked at. */
function fileReader() {
  const reader = new TarReader({ entries: MAX_FILES, bytes: ARCHIVE_BYTES, pathBytes: 4096, depth: 32 });
  const found: { path: string; mode: number; content: Uint8Array }[] = [];
  let pieces: Uint8Array[] = [];
  let open: TarEntry | null = null;
  return {
    push(chunk: Uint8Array): void {
      for (const event of reader.push(chunk)) {
        if (event.type === "entry") open = event.entry;
        // A name that could mislead hides nothing: it counts as a file without text.
        if (event.type === "entry" && event.entry.kind === "odd") {
          found.push({ path: `${GUEST_HOME}/${event.entry.path}`, mode: 0, content: new Uint8Array([0]) });
        }
        if (event.type === "data") pieces.push(Buffer.from(event.bytes));
        if (event.type !== "close" || open === null) continue;
        found.push({ path: `${GUEST_HOME}/${open.path}`, mode: open.mode, content: Buffer.concat(pieces) });
        pieces = [];
      }
    },
    end: () => ({ found, whole: reader.end() === null }),
  };
}

async function readProvisioned(path: string): Promise<Provisioned> {
  const file = await readTextFile(path, { maxBytes: 8 * TEXT_BYTES, followLinks: false });
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
