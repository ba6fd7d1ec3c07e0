import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { TRUST_FILES } from "../../core/plan/gateway-env.ts";
import { orUnwritable } from "../../host/files.ts";
import { seccompBytes, seccompProgram } from "../call-filter.ts";
import { type RunFiles, runFiles, writeRunFiles } from "../run-files.ts";
import { entranceProgram } from "./entrance.ts";

/**
 * Where the files lie that a machine of this name is shown read-only. In the user's cache and not in the bottle's run
 * folder, since smolvm shows nothing that is below /run; by the name, so that whoever removes the machine finds them.
 */
export function machineFolder(name: string): string {
  return join(allFolders(), name);
}

function allFolders(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") === true ? cache : join(homedir(), ".cache"), "bot-bottle", "machines");
}

/** Names of machines for which there is such a folder. */
export function machineFolders(): readonly string[] {
  try {
    return readdirSync(allFolders());
  } catch {
    return [];
  }
}

/** Writes what every machine is shown. Errors: STATE_UNUSABLE, HOST_UNFIT. */
export function writeMachineFolder(folder: string, arch: string, limits: { readonly pids: number }): RunFiles {
  const [filter, entrance] = [seccompBytes(seccompProgram(arch)), entranceProgram(arch, limits)];
  orUnwritable(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const files = runFiles(folder);
  writeRunFiles(files, filter);
  orUnwritable(folder, () => {
    writeFileSync(join(files.etc, "resolv.conf"), "", { mode: 0o644 });
    writeFileSync(join(files.guest, "filter"), filter, { mode: 0o644 });
    writeFileSync(join(files.guest, "enter"), entrance, { mode: 0o644 });
    writeFileSync(join(files.guest, TRUST_FILES.bundle), "", { mode: 0o644 });
  });
  return files;
}

/** Idempotent. */
export function removeMachineFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
