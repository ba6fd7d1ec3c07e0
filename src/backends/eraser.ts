import { existsSync, rmdirSync } from "node:fs";
import { BottleError } from "../core/model/errors.ts";
import type { HostFacts } from "../core/model/host-facts.ts";
import { isErrno } from "../host/files.ts";
import type { Backend } from "./backend.ts";

type Workshop = Backend["workshop"];

const TARGET = "/target";

/**
 * Deletes a folder that an agent has written. Host code never walks such a tree (attack row 143): names, links, depth
 * and modes in it are hostile. A throw-away cage that shows nothing else does; then one rmdir of the empty folder.
 * Idempotent. Rejects with TEARDOWN_INCOMPLETE.
 */
export async function eraseFolder(folder: string, facts: HostFacts, workshop: Workshop): Promise<void> {
  if (!existsSync(folder) || removeEmpty(folder)) return;
  // A cage that root makes may open any mode; an ordinary user's own folders are opened first, from the top.
  const open = facts.uid === 0 ? "" : `chmod -R u+rwX ${TARGET} 2>/dev/null; `;
  const { words } = await overFolder(folder, facts, `${open}exec find ${TARGET} -mindepth 1 -delete`, true, workshop);
  try {
    rmdirSync(folder);
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return;
    throw new BottleError("TEARDOWN_INCOMPLETE", `${folder} could not be emptied: ${words.trim().slice(0, 500)}`, {
      cause,
      hint: "remove it by hand as its owner",
    });
  }
}

/** What nobody has written into needs no cage. */
function removeEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** Size on disk in bytes and number of entries of an agent-written folder; what cannot be read is not counted. */
export async function measureFolder(
  folder: string,
  facts: HostFacts,
  workshop: Workshop,
): Promise<{ bytes: number; files: number }> {
  const script = `find ${TARGET} -mindepth 1 -xdev -printf '%b\\n' 2>/dev/null | awk '{ n += $1 } END { printf "%.0f %d\\n", n * 512, NR }'`;
  const { stdout } = await overFolder(folder, facts, script, false, workshop);
  const found = /^(\d{1,15}) (\d{1,15})\n$/.exec(stdout.toString("latin1"));
  if (found === null) throw new BottleError("CREATE_FAILED", `${folder} could not be measured`);
  return { bytes: Number(found[1]), files: Number(found[2]) };
}

/** Runs our own fixed script over `folder` at /target, with all rights that its owner and ours give. */
async function overFolder(folder: string, facts: HostFacts, script: string, writable: boolean, workshop: Workshop) {
  const folders = [{ host: folder, guest: TARGET, writable }];
  return workshop({ bottle: "eraser", script, folders, agentFolder: folder, as: "owner" }, facts);
}
