import type { BottlePlan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";

/** The first policy of a bottle: version 1, exactly what the plan shows. */
export function policyOfPlan(plan: BottlePlan): Policy {
  return { version: 1, rules: plan.rules, deny: plan.deny, credentials: plan.credentials };
}
