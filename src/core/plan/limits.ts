import type { LimitsDefinition } from "../model/definition.ts";
import type { Limits } from "../model/plan.ts";
import { parseSize } from "./sizes.ts";

const DEFAULTS: Limits = { memoryBytes: 4 * 1024 ** 3, cpus: 2, pids: 1024, tmpBytes: 512 * 1024 ** 2 };
/** Less would end the agent before its first line. */
const LEAST_MEMORY = 64 * 1024 ** 2;
const LEAST_TMP = 1024 ** 2;

/** What the bottle may use, with the defaults where nothing is said. */
export function planLimits(definition: LimitsDefinition): {
  readonly limits: Limits;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const bytes = (text: string | undefined, least: number, otherwise: number, key: string): number => {
    if (text === undefined) return otherwise;
    const size = parseSize(text);
    if (size !== null && size >= least) return size;
    problems.push(`limits.${key}: ${size === null ? "not a size" : `less than ${least} bytes`}`);
    return otherwise;
  };
  const limits = {
    memoryBytes: bytes(definition.memory, LEAST_MEMORY, DEFAULTS.memoryBytes, "memory"),
    cpus: definition.cpus ?? DEFAULTS.cpus,
    pids: definition.pids ?? DEFAULTS.pids,
    tmpBytes: bytes(definition.tmp, LEAST_TMP, DEFAULTS.tmpBytes, "tmp"),
  };
  return { limits, problems };
}
