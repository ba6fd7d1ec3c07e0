import type { DenyRule } from "../../model/policy.ts";
import { KNOWN_METHODS } from "../../wire/request-head.ts";
import { hostPatternProblem } from "../hosts.ts";
import { pathPatternProblem } from "../paths.ts";
import type { PolicyProblem } from "../policy-problem.ts";

/** What is wrong with one rule that denies; paths are relative to it. One that could never deny anything is a mistake. */
export function denyProblems(rule: DenyRule): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const say = (path: string, message: string | null): void => {
    if (message !== null) problems.push({ path, message });
  };
  if (rule.id === "") say("id", "empty");
  if (!["operator", "project"].includes(rule.source)) say("source", "neither operator nor project");
  say("host", hostPatternProblem(rule.host));
  if (rule.port !== null && !(Number.isInteger(rule.port) && rule.port >= 1 && rule.port <= 65535)) {
    say("port", "not a port from 1 to 65535");
  }
  for (const [i, method] of (rule.methods ?? []).entries()) {
    if (!KNOWN_METHODS.includes(method)) say(`methods[${i}]`, `not one of ${KNOWN_METHODS.join(", ")}`);
  }
  if (rule.methods?.length === 0) say("methods", "empty: it would deny nothing");
  for (const [i, pattern] of (rule.paths ?? []).entries()) say(`paths[${i}]`, pathPatternProblem(pattern));
  if (rule.paths?.length === 0) say("paths", "empty: it would deny nothing");
  return problems;
}
