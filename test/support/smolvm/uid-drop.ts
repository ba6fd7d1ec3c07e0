import { statSync } from "node:fs";
import { dirname } from "node:path";
import { type Machine, RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";

/**
 * Throws for a folder that a machine's VM could not show: as root, each VM process runs as a user of its own, unless
 * SMOLVM_VM_UID_DROP is `off` (vm_uid_drop_active, src/process.rs; 1.2.5).
 */
export function checkReached(version: string, { volumes }: Machine): void {
  if (!atLeast(version, "1.2.5") || process.getuid?.() !== 0 || process.env.SMOLVM_VM_UID_DROP === "off") return;
  for (const volume of volumes) {
    const [host = ""] = volume.split(":");
    for (let path = host, wanted = 5; ; path = dirname(path), wanted = 1) {
      if ((statSync(path).mode & wanted) !== wanted) {
        throw new RuntimeError(`agent operation failed: start: volume ${host}: Permission denied (os error 13)`);
      }
      if (path === "/") break;
    }
  }
}
