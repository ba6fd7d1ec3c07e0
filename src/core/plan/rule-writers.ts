import { DEFAULT_BOTTLE, type Origin, type WholeBottle } from "../model/definition.ts";
import type { RuleSource } from "../model/policy.ts";

/** Whose each rule of a bottle is, by index: a project's bottle may hold rules of the operator's `default`, and no others. */
export function ruleWriters(bottle: Omit<WholeBottle, "origin"> & { readonly origin?: Origin }): readonly RuleSource[] {
  const by = bottle.origin?.by ?? "operator";
  return (bottle.egress?.rules ?? []).map((_, index) =>
    bottle.inherited?.[`egress.rules[${index}]`] === DEFAULT_BOTTLE ? "operator" : by,
  );
}
