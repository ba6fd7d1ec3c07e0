import { globSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { run } from "../../../src/host/exec.ts";
import type { Contender } from "../../support/contender.ts";
import { failingTools } from "../../support/failing-tools.ts";
import { programPath, skipWithout } from "../../support/needs.ts";

/** Processes whose command line names the bottle's tag, or whose pid namespace is that of one that does; control groups. */
async function census(bottle: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of globSync("/proc/[0-9]*")) {
    try {
      const words = readFileSync(`${folder}/cmdline`, "latin1").split("\0");
      const environment = readFileSync(`${folder}/environ`, "latin1").split("\0");
      const tagged = [...words, ...environment].some((word) => word.includes(`${bottle}.`) && /\.\d+-\d+$/.test(word));
      if (tagged && !folder.endsWith(`/${process.pid}`)) found.push(`process ${words.slice(0, 3).join(" ")}`);
    } catch {
      // It has ended, or is another user's.
    }
  }
  const groups = globSync([`/sys/fs/cgroup/{,*/,*/*/,*/*/*/}*bot-bottle-${bottle}.*`]);
  return [...found, ...groups.map((path) => `control group ${path}`)].sort();
}

export function bubblewrapContender(): Contender {
  const root = process.getuid?.() === 0;
  return {
    column: root ? "bubblewrap, as root" : "bubblewrap",
    load: () => loadBackend("bubblewrap"),
    skip: () => skipWithout("bubblewrap", "perl"),
    exempt: {},
    unconfined: null,
    services: "host",
    writable: {},
    spareProcesses: 0,
    interrupt: (nth) => failingTools(["bwrap", "nsenter", "perl"], nth),
    census,
    platform: async () => {
      const version = await run({ argv: [programPath("bwrap") ?? "", "--version"], env: {} });
      return `${version.stdout.toString().trim()}, Linux ${release().replace(/-.*/, "")}, ${root ? "as root" : "as an ordinary user"}`;
    },
    shown: true,
  };
}
