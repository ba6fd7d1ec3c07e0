import { BottleError } from "../../core/model/errors.ts";
import type { Finding } from "../../core/model/finding.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { EntryTools } from "./entry-arguments.ts";

/** Tool and the Debian package that has it. */
const REQUIRED = {
  bwrap: "bubblewrap",
  nsenter: "util-linux",
  script: "bsdutils",
  setpriv: "util-linux",
  env: "coreutils",
  cat: "coreutils",
  find: "findutils",
  tar: "tar",
} as const;

/** One finding for each tool that is missing; setpriv only counts under root. */
export function toolFindings(facts: HostFacts): Finding[] {
  return Object.entries(REQUIRED)
    .filter(([name]) => facts.tools[name] === undefined && (name !== "setpriv" || facts.uid === 0))
    .map(([name, debian]) => ({
      id: `${name}-missing`,
      level: "error" as const,
      message: `${name} is not installed in a system folder`,
      mend: `apt install ${debian}`,
      debianPackage: debian,
    }));
}

/** The tools with which bottles are made and entered. Throws HOST_UNFIT naming each that is missing. */
export function entryTools(facts: HostFacts): EntryTools & { bwrap: string } {
  const [first, ...more] = toolFindings(facts);
  if (first !== undefined) {
    throw new BottleError("HOST_UNFIT", [first, ...more].map((finding) => finding.message).join("; "), {
      hint: [...new Set([first, ...more].map((finding) => finding.mend))].join("; "),
    });
  }
  const tool = (name: string) => facts.tools[name] ?? `/usr/bin/${name}`;
  return {
    bwrap: tool("bwrap"),
    shell: facts.tools.bash ?? "/bin/sh",
    env: tool("env"),
    nsenter: tool("nsenter"),
    script: tool("script"),
    systemdRun: facts.tools["systemd-run"] ?? null,
  };
}

/** Where systemd-run and systemctl find the user's service manager. `runtime` is XDG_RUNTIME_DIR when set. */
export function managerEnv(facts: HostFacts, runtime: string | undefined): Record<string, string> {
  if (facts.cgroup.kind !== "systemd" || facts.cgroup.scope === "system") return {};
  const folder = runtime ?? `/run/user/${facts.uid}`;
  return { XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/bus` };
}
