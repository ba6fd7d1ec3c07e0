import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../../backends/backend.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { isErrno } from "../../host/files.ts";
import { removePrivateFolder } from "../../host/private-folder.ts";
import { bootId, isRunning, ownIdentity } from "../../host/process-identity.ts";
import { QUARANTINE_PREFIX } from "../../state/bottle-folder.ts";
import type { BottlePaths } from "../../state/layout.ts";

/** Folders in which a process that was killed collected or checked work: each can be as large as that work. */
export interface UnfinishedWork {
  /** Ours alone. */
  readonly quarantines: readonly string[];
  /** Agent-written. */
  readonly scratch: readonly string[];
}

/** A name for a folder of this process's: `PID-STARTTIME-`, and with `ending` something that no other folder has. */
export function ownedName(ending = true): string {
  const us = ownIdentity();
  return `${us.pid}-${us.startTime}-${ending ? randomBytes(6).toString("hex") : ""}`;
}

/** What dead processes left in the folder of a bottle. */
export async function unfinishedWork({
  folder,
  scratch,
}: Pick<BottlePaths, "folder" | "scratch">): Promise<UnfinishedWork> {
  return { quarantines: await abandoned(folder, QUARANTINE_PREFIX), scratch: await abandoned(scratch, "") };
}

/** Removes it; what is gone already is no error. Errors: TEARDOWN_INCOMPLETE, and those of the file system. */
export async function removeUnfinished(
  { quarantines, scratch }: UnfinishedWork,
  backend: Pick<Backend, "erase">,
  facts: HostFacts,
): Promise<void> {
  for (const path of quarantines) await removePrivateFolder(path);
  for (const path of scratch) await backend.erase(path, facts);
}

/** Folders in `parent` whose names say that they are of processes that are gone. */
export async function abandoned(parent: string, prefix: string): Promise<readonly string[]> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(prefix) && isAbandoned(name.slice(prefix.length)))
    .map((name) => join(parent, name));
}

function isAbandoned(name: string): boolean {
  const [, pid, startTime] = /^(\d{1,10})-(\d{1,20})-/.exec(name) ?? [];
  return pid !== undefined && !isRunning({ pid: Number(pid), startTime: Number(startTime), bootId: bootId() });
}
