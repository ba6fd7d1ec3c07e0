import type { LimitsDefinition } from "../model/definition.ts";
import type { Limits } from "../model/plan.ts";
import { formatSize, parseSize } from "./sizes.ts";

const DEFAULTS: Limits = { memoryBytes: 4 * 1024 ** 3, cpus: 2, pids: 1024, tmpBytes: 512 * 1024 ** 2 };
/** Less would end the agent before its first line. */
const LEAST_MEMORY = 64 * 1024 ** 2;
const LEAST_TMP = 1024 ** 2;

/** What is wrong with limits, by their key. */
export function limitProblems(
  definition: LimitsDefinition,
): readonly { readonly key: "memory" | "tmp"; readonly message: string }[] {
  return [["memory", LEAST_MEMORY] as const, ["tmp", LEAST_TMP] as const].flatMap(([key, least]) => {
    const text = definition[key];
    const size = text === undefined ? least : parseSize(text);
    if (size !== null && size >= least) return [];
    return [{ key, message: size === null ? "not a size" : `too small: at least ${formatSize(least)}` }];
  });
}

/** What the bottle may use, with the defaults where nothing is said. */
export function planLimits(definition: LimitsDefinition): {
  readonly limits: Limits;
  readonly problems: readonly string[];
} {
  const bytes = (text: string | undefined, otherwise: number): number =>
    (text === undefined ? null : parseSize(text)) ?? otherwise;
  const limits = {
    memoryBytes: bytes(definition.memory, DEFAULTS.memoryBytes),
    cpus: definition.cpus ?? DEFAULTS.cpus,
    pids: definition.pids ?? DEFAULTS.pids,
    tmpBytes: bytes(definition.tmp, DEFAULTS.tmpBytes),
  };
  return { limits, problems: limitProblems(definition).map(({ key, message }) => `limits.${key}: ${message}`) };
}
