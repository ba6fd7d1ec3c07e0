import type { BottlePlan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";

/** The first policy of a bottle: version 1, exactly what the plan shows. */
export function policyOfPlan(plan: BottlePlan): Policy {
  const { rules, deny, credentials, leaks, canaries, ask, budget } = plan;
  return {
    version: 1,
    rules,
    deny,
    credentials,
    ...(leaks === undefined ? {} : { leaks }),
    ...(canaries === undefined ? {} : { canaries }),
    ...(ask === undefined ? {} : { ask }),
    ...(budget === undefined ? {} : { models: "open" }),
  };
}
