import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { shellWord } from "../../core/wire/shell-words.ts";
import { identify } from "../../host/process-identity.ts";

/** What the VM process of a machine is given last: smolvm names folders by the machine's name (src/data of smolvm). */
const FIRST_WORD = "_boot-vm";
const configOf = (name: string): string =>
  `/vms/${createHash("sha256").update(name).digest("hex").slice(0, 16)}/boot-config.json`;

/** PURE: do these words run the VM of the machine? */
export function bootsMachine(argv: readonly string[], name: string): boolean {
  const config = configOf(name);
  return argv.includes(FIRST_WORD) && argv.some((word) => word.endsWith(config));
}

/**
 * The VM processes of a machine, on record or not: a start that failed left its own until 1.5.0, a delete of a running
 * machine at 0.8.0.
 */
export function vmProcesses(name: string): readonly ProcessIdentity[] {
  return globSync("[0-9]*", { cwd: "/proc" }).flatMap((pid) => {
    const identity = identify(Number(pid));
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
      return identity !== null && bootsMachine(argv, name) ? [identity] : [];
    } catch {
      return [];
    }
  });
}

/** PURE: a shell's words that kill them. */
export function killLine(name: string): string {
  // As a pattern it is none of the words that it looks for.
  const config = shellWord(`${configOf(name).replaceAll(".", "[.]")}$`);
  const found = `grep -laze ${config} /proc/[0-9]*/cmdline 2>/dev/null`;
  const each = `grep -qazx ${FIRST_WORD} "$file" && file=\${file#/proc/} && kill -9 "\${file%/cmdline}"`;
  return `${found} | while read -r file; do ${each}; done`;
}
