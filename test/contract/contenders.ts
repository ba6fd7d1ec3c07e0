import type { Contender } from "../support/contender.ts";
import { SMOLVM_RELEASES } from "./columns.ts";
import { bubblewrapContender } from "./contenders/bubblewrap.ts";
import { dockerBundleContender, dockerElsewhereContender, dockerSocketContender } from "./contenders/docker.ts";
import { memoryContender } from "./contenders/memory.ts";
import { smolmachinesContender } from "./contenders/smolmachines.ts";

/** Every backend, in each of its ways to run, as this process meets it. */
export const contenders = (): readonly Contender[] => [
  bubblewrapContender(),
  dockerSocketContender(),
  dockerBundleContender(),
  dockerElsewhereContender(),
  memoryContender(),
  ...SMOLVM_RELEASES.map((release) => smolmachinesContender(release)),
];

/** The contender of this column, in a process that a test started. */
export function contenderOf(column: string): Contender {
  const found = contenders().find((contender) => contender.column === column);
  if (found === undefined) throw new Error(`no contender is called ${column}`);
  return found;
}
