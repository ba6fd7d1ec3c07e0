import type { Policy } from "../model/policy.ts";

export interface PolicyProblem {
  /** `rules[2].host`, `credentials[0].placeholder`. */
  readonly path: string;
  readonly message: string;
}

/** Everything that is wrong with a policy; empty when it may be used. Attack rows 23, 94, 96, 156. */
export declare function policyProblems(policy: Policy): readonly PolicyProblem[];
