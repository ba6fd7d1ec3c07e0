import type { Policy } from "../model/policy.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import { askProblems } from "./validate/ask.ts";
import { credentialsProblems } from "./validate/credentials.ts";
import { denyProblems } from "./validate/deny.ts";
import { leakProblems } from "./validate/leaks.ts";
import { ruleProblems } from "./validate/rules.ts";

/** Everything that is wrong with a policy; empty when it may be used. No rules at all is a valid policy: it denies all. Attack rows 22, 23, 94, 96, 156. */
export function policyProblems(policy: Policy): readonly PolicyProblem[] {
  const version: PolicyProblem[] =
    Number.isSafeInteger(policy.version) && policy.version > 0
      ? []
      : [{ path: "version", message: "not a positive whole number" }];
  const ids = [...policy.rules, ...policy.deny].map(({ id }) => id);
  const rules = policy.rules.flatMap((rule, i) => {
    const own = ids.indexOf(rule.id) < i ? [{ path: "id", message: `another rule is called ${rule.id}` }] : [];
    return [...own, ...ruleProblems(rule, policy.rules)].map(({ path, message }) => ({
      path: `rules[${i}].${path}`,
      message,
    }));
  });
  const deny = policy.deny.flatMap((rule, i) => {
    const taken = ids.indexOf(rule.id) < policy.rules.length + i;
    const own = taken ? [{ path: "id", message: `another rule is called ${rule.id}` }] : [];
    return [...own, ...denyProblems(rule)].map(({ path, message }) => ({ path: `deny[${i}].${path}`, message }));
  });
  return [
    ...version,
    ...rules,
    ...deny,
    ...askProblems(policy),
    ...credentialsProblems(policy),
    ...leakProblems(policy),
  ];
}
