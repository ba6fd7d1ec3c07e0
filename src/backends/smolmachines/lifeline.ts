import { shellLine } from "../../core/wire/shell-words.ts";
import { armSwitch, type DeadMansSwitch } from "../../host/dead-mans-switch.ts";
import type { Smolvm } from "./command-line.ts";
import { machineFolder } from "./machine-folder.ts";

/**
 * A machine outlives whoever started it: this ends it if this process dies before the release, by kill -9 too. In the
 * order of `endMachine`, and again while the machine is still being made.
 */
export function lifelineOf(smolvm: Smolvm, name: string): DeadMansSwitch {
  const program = shellLine([smolvm.program]);
  const stop = `${program} machine stop -n ${name}`;
  const script = `for try in 1 2 3; do ${stop}; ${program} machine delete -n ${name} -f && break; sleep 1; done; rm -rf ${shellLine([machineFolder(name)])}`;
  return armSwitch({ argv: ["/bin/sh", "-c", script], env: smolvm.env }, "");
}
