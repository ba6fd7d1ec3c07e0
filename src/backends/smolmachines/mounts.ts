import { cpSync, lstatSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Mount } from "../../core/model/plan.ts";
import { orUnwritable } from "../../host/files.ts";
import { realMount } from "../mounts.ts";
import type { Volume } from "./machine-words.ts";

/** What smolvm shows nothing of, as it is the system's (src/data/storage.rs). */
const REFUSED = /^\/(?:usr|etc|bin|sbin|lib|proc|sys|dev|run|var\/run|var\/log)(?:\/|$)/;
/** Where the machine sees files that it could not be shown at their places. */
const STAGED = "/run/bottle-files";

export interface PlannedMounts {
  readonly volumes: readonly Volume[];
  /** Places in the machine that are links, and where to. */
  readonly links: readonly { readonly guest: string; readonly target: string }[];
}

/**
 * What of the host the plan shows, read-only. smolvm shows folders only, and none of the system's: other things are copied
 * into `folder` and linked. Throws PLAN_INVALID, STATE_UNUSABLE.
 */
export function planMounts(mounts: readonly Mount[], folder: string): PlannedMounts {
  const volumes: Volume[] = [];
  const links: { guest: string; target: string }[] = [];
  const staged = join(folder, "files");
  for (const [index, mount] of mounts.entries()) {
    const host = realMount(mount.host);
    if (lstatSync(host).isDirectory() && !REFUSED.test(host)) {
      volumes.push({ host, guest: mount.guest, writable: false });
      continue;
    }
    const name = `${index}-${basename(host)}`;
    orUnwritable(folder, () => {
      mkdirSync(staged, { recursive: true, mode: 0o755 });
      cpSync(host, join(staged, name), { recursive: true, verbatimSymlinks: true });
    });
    links.push({ guest: mount.guest, target: `${STAGED}/${name}` });
  }
  if (links.length > 0) volumes.push({ host: staged, guest: STAGED, writable: false });
  return { volumes, links };
}
