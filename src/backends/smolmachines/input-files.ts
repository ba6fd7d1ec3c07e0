import { createWriteStream, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "../../core/model/command.ts";
import { orUnwritable } from "../../host/files.ts";
import type { ExecOptions } from "../backend.ts";
import { brokenInput } from "../placing.ts";
import type { Volume } from "./machine-words.ts";

/** Where a machine sees the files that its commands read in place of a pipe. */
const SHOWN = "/run/bottle-inputs";

/** PURE: words before a command that reads the input of this name. */
export function readingWords(name: string): string[] {
  return ["/bin/sh", "-c", 'input=$1; shift; exec "$@" <"$input"', "bot-bottle", `${SHOWN}/${name}`];
}

/** Makes the folder, in one that only this user may enter. Errors: STATE_UNUSABLE. */
export function inputFolder(machine: string): { readonly folder: string; readonly volume: Volume } {
  const folder = join(machine, "inputs");
  orUnwritable(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  return { folder, volume: { host: folder, guest: SHOWN, writable: false } };
}

/**
 * Writes the input of a command, whole, before it begins; the caller removes it. Rejects with PROVISION_FAILED for a
 * stream that breaks off.
 */
export async function writeInput(
  folder: string,
  name: string,
  stdin: NonNullable<ExecOptions["stdin"]>,
  command: Command,
): Promise<{ remove(): void }> {
  const path = join(folder, name);
  const remove = () => rmSync(path, { force: true });
  try {
    const from = stdin instanceof Uint8Array ? Readable.from([stdin]) : stdin;
    await pipeline(from, createWriteStream(path, { mode: 0o600 }));
    return { remove };
  } catch (error) {
    remove();
    throw brokenInput(command, error instanceof Error ? error : new Error(String(error)));
  }
}
