import { randomBytes } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ProcessIdentity } from "../core/model/bottle-record.ts";
import { bootId } from "../host/process-identity.ts";

/** Longest name that `newRunFolder` gives: 7 digits hold any pid (proc_sys_kernel(5)), 11 three decades of clock ticks. */
export const RUN_NAME_LENGTH = 26;

const NAME = /^(\d{1,7})-(\d{1,11})-[0-9a-f]{6}$/;

/**
 * Where the sockets of a new bottle go: a name that no other bottle has, of this or another state folder, and that says
 * whose it is. Shorter than the bottle's own name, since the path of a socket must be short.
 */
export function newRunFolder(runtime: string, host: ProcessIdentity): string {
  return join(runtime, `${host.pid}-${host.startTime}-${randomBytes(3).toString("hex")}`);
}

/** The process that made this folder; null when it is none of ours. In /tmp it may have outlived a boot: then nobody's. */
export function ownerOfRunFolder(path: string): ProcessIdentity | null {
  const found = NAME.exec(basename(path));
  return found === null ? null : { pid: Number(found[1]), startTime: Number(found[2]), bootId: bootId() };
}

/** Folders of bottles in `runtime`, when that is a folder of this user; whether they are alive is not asked. */
export async function listRunFolders(runtime: string, uid: number): Promise<readonly string[]> {
  const stat = await lstat(runtime).catch(() => null);
  if (stat?.isDirectory() !== true || stat.uid !== uid) return [];
  const names = await readdir(runtime).catch((): string[] => []);
  return names.filter((name) => NAME.test(name)).map((name) => join(runtime, name));
}
