import { shellLine } from "../../core/wire/shell-words.ts";
import { armSwitch, type DeadMansSwitch } from "../../host/dead-mans-switch.ts";
import type { Smolvm } from "./command-line.ts";
import { machineFolder } from "./machine-folder.ts";
import { deleteWords, stopWords } from "./machine-words.ts";
import { killLine } from "./vm-processes.ts";

/**
 * A machine outlives whoever started it: this ends it if this process dies before the release, by kill -9 too. In the
 * order of `endMachine`, and again while the machine is still being made. smolvm may be another release by then.
 */
export function lifelineOf(smolvm: Smolvm, name: string): DeadMansSwitch {
  const line = (words: readonly string[]) => shellLine([smolvm.program, ...words]);
  const [newer, older] = (["option", "word"] as const).map((named) => line(deleteWords({ named }, name)));
  const script = `for try in 1 2 3; do ${line(stopWords(name))}; ${newer} || ${older} && break; sleep 1; done; ${killLine(name)}; rm -rf ${shellLine([machineFolder(name)])}`;
  return armSwitch({ argv: ["/bin/sh", "-c", script], env: smolvm.env }, "");
}
