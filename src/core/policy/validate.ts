import type { Policy } from "../model/policy.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import { credentialsProblems } from "./validate/credentials.ts";
import { ruleProblems } from "./validate/rules.ts";

/** Everything that is wrong with a policy; empty when it may be used. No rules at all is a valid policy: it denies all. Attack rows 22, 23, 94, 96, 156. */
export function policyProblems(policy: Policy): readonly PolicyProblem[] {
  const version: PolicyProblem[] =
    Number.isSafeInteger(policy.version) && policy.version > 0
      ? []
      : [{ path: "version", message: "not a positive whole number" }];
  const ids = policy.rules.map(({ id }) => id);
  const rules = policy.rules.flatMap((rule, i) => {
    const own = ids.indexOf(rule.id) < i ? [{ path: "id", message: `another rule is called ${rule.id}` }] : [];
    return [...own, ...ruleProblems(rule)].map(({ path, message }) => ({ path: `rules[${i}].${path}`, message }));
  });
  return [...version, ...rules, ...credentialsProblems(policy)];
}
