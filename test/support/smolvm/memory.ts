import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, globSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const V1 = "/sys/fs/cgroup/memory";
const V2 = "/sys/fs/cgroup";

/** The control group that stands in for a machine's memory; null where this machine lets us make none. */
function groupOf(folder: string): { readonly path: string; readonly limits: readonly string[] } | null {
  const old = existsSync(join(V1, "cgroup.procs"));
  const top = old ? V1 : V2;
  try {
    accessSync(join(top, "cgroup.procs"), constants.W_OK);
  } catch {
    return null;
  }
  const limits = old ? ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] : ["memory.max", "memory.swap.max"];
  return { path: join(top, `${worldPrefix(process.env.HOME ?? "")}${basename(folder)}`), limits };
}

/** How the control groups of one world begin: machines of two worlds may have one name. */
function worldPrefix(home: string): string {
  return `fake-smolvm-${createHash("sha256").update(home).digest("hex").slice(0, 12)}-`;
}

/** Removes what machines that a test killed have left there, once the last of their processes is gone. Idempotent. */
export function removeWorldMemory(home: string): void {
  const groups = () => [V1, V2].flatMap((top) => globSync(join(top, `${worldPrefix(home)}*`)));
  for (const deadline = performance.now() + 2000; performance.now() < deadline; ) {
    for (const group of groups()) {
      try {
        rmdirSync(group);
      } catch {
        // Somebody in it is about to end.
      }
    }
    if (groups().length === 0) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

/** Makes it; answers the file that processes join it by. */
export function limitMemory(folder: string, mem: number): string | null {
  const group = groupOf(folder);
  if (group === null) return null;
  try {
    mkdirSync(group.path, { recursive: true });
    for (const [index, name] of group.limits.entries()) {
      const file = join(group.path, name);
      if (existsSync(file))
        writeFileSync(file, index === 1 && !group.path.startsWith(V1) ? "0" : String(mem * 2 ** 20));
    }
    return join(group.path, "cgroup.procs");
  } catch {
    return null;
  }
}

/** Idempotent. */
export function removeMemory(folder: string): void {
  const group = groupOf(folder);
  try {
    if (group !== null) rmdirSync(group.path);
  } catch {
    // It was never made, or is gone.
  }
}
