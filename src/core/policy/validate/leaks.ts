import { NEEDLE_MIN_BYTES } from "../../leaks/needles.ts";
import type { EgressRule, Policy } from "../../model/policy.ts";
import { FINGERPRINT, LEAK_ACTIONS, LEAK_LEVELS, OPAQUE_BODIES } from "../leaks.ts";
import type { PolicyProblem } from "../policy-problem.ts";

/** What is wrong with what a policy says of leaks and canaries. */
export function leakProblems({ leaks, canaries = [] }: Policy): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const say = (path: string, message: string | null): void => {
    if (message !== null) problems.push({ path, message });
  };
  if (leaks !== undefined) {
    say("leaks.action", wordProblem(LEAK_ACTIONS, leaks.action));
    say("leaks.opaque", wordProblem(OPAQUE_BODIES, leaks.opaque));
    say("leaks.level", wordProblem(LEAK_LEVELS, leaks.level ?? "default"));
    for (const [i, mark] of leaks.allow.entries())
      say(`leaks.allow[${i}]`, FINGERPRINT.test(mark) ? null : "not a fingerprint of 16 hex digits");
  }
  for (const [i, { values }] of canaries.entries()) {
    const short = values.length === 0 || values.some((value) => Buffer.byteLength(value) < NEEDLE_MIN_BYTES);
    say(`canaries[${i}]`, short ? `no value of at least ${NEEDLE_MIN_BYTES} bytes` : null);
  }
  return problems;
}

/** What is wrong with what one rule says of leaks; paths are relative to the rule. */
export function ruleLeakProblems({ leaks, mode }: EgressRule): readonly PolicyProblem[] {
  if (leaks === undefined) return [];
  // Nothing inside a spliced tunnel is seen, so nothing could be found there.
  if (mode === "splice") return [{ path: "leaks", message: "cannot be judged in a spliced tunnel" }];
  const action = leaks.action === null ? null : wordProblem(LEAK_ACTIONS, leaks.action);
  const opaque = leaks.opaque === null ? null : wordProblem(OPAQUE_BODIES, leaks.opaque);
  return [
    ...(action === null ? [] : [{ path: "leaks.action", message: action }]),
    ...(opaque === null ? [] : [{ path: "leaks.opaque", message: opaque }]),
  ];
}

function wordProblem(words: readonly string[], word: string): string | null {
  return words.includes(word) ? null : `not one of ${words.join(", ")}`;
}
