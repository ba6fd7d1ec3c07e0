import type { GateRepository, RefUpdate } from "../model/git-gate.ts";
import { fitsPattern } from "./ref-pattern.ts";

/** Why one ref may not change so, for the agent and the log. */
export interface RefRefusal {
  readonly ref: string;
  readonly why: string;
}

/** True for the id that stands for no object, in either format. */
export function isNoObject(id: string): boolean {
  return /^0+$/.test(id);
}

/**
 * What can be told from names alone; that a branch only moves forward needs its commits (`gitgate/push-facts`). Empty:
 * nothing is wrong. Default deny: what no pattern names is refused.
 */
export function refRefusals(
  updates: readonly RefUpdate[],
  rules: Pick<GateRepository, "branches" | "tags" | "limits">,
): readonly RefRefusal[] {
  const { branches, tags, limits } = rules;
  if (updates.length === 0) return [{ ref: "-", why: "the push changes no ref" }];
  if (updates.length > limits.refs) {
    return [{ ref: "-", why: `the push changes ${updates.length} refs; at most ${limits.refs} are allowed in one` }];
  }
  return updates.flatMap((update) => {
    const why = refusalOf(update, branches, tags);
    return why === null ? [] : [{ ref: update.ref, why }];
  });
}

function refusalOf({ ref, from, to }: RefUpdate, branches: readonly string[], tags: readonly string[]): string | null {
  const [, kind = "", name = ""] = /^refs\/(heads|tags)\/(.+)$/s.exec(ref) ?? [];
  const patterns = kind === "heads" ? branches : kind === "tags" ? tags : null;
  if (patterns === null) return "only branches and tags can be pushed";
  if (!patterns.some((pattern) => fitsPattern(pattern, name))) {
    return `not among the ${kind === "heads" ? "branches" : "tags"} that may be pushed: ${listed(patterns)}`;
  }
  if (isNoObject(to)) return "nothing can be deleted through the gate";
  if (kind === "tags" && !isNoObject(from)) return "a tag is not moved";
  return null;
}

function listed(patterns: readonly string[]): string {
  return patterns.length === 0 ? "none may" : patterns.join(", ");
}
