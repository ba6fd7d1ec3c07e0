import { DEFAULT_BOTTLE, type Manifest } from "../model/definition.ts";
import type { BottlePlan } from "../model/plan.ts";
import type { RuleSource } from "../model/policy.ts";
import type { AgentSelection } from "./selection.ts";

/** Whose each rule of a bottle is, by index: a project's bottle may hold rules of the operator's `default`, and no others. */
export function ruleWriters({ origin, egress, inherited }: AgentSelection["bottle"]): readonly RuleSource[] {
  return (egress?.rules ?? []).map((_, index) =>
    inherited?.[`egress.rules[${index}]`] === DEFAULT_BOTTLE ? "operator" : (origin?.by ?? "operator"),
  );
}

/** The definition behind a plan, for those who read it. */
export function planDefinition({ bottle, bottleName }: AgentSelection): Pick<BottlePlan, "definition"> {
  const { origin, inherited = {} } = bottle;
  return origin === undefined ? {} : { definition: { bottle: bottleName, file: origin.file, inherited } };
}

/** Where the parts of a plan's definition stand, a line for each bottle that has some. */
export function definitionLines(definition: BottlePlan["definition"]): readonly string[] {
  if (definition === undefined) return [];
  const owners = new Map<string, string[]>();
  for (const [part, owner] of Object.entries(definition.inherited)) {
    owners.set(owner, [...(owners.get(owner) ?? []), part]);
  }
  return [
    `defined as ${definition.bottle} in ${definition.file}`,
    ...[...owners].map(([owner, parts]) => `from ${owner}: ${parts.join(", ")}`),
  ];
}

/** Where a bottle and what it builds on stand, for those who explain rules (`RulePlaces`). */
export function bottlePlaces(
  bottle: string,
  manifest: Manifest | null,
): {
  readonly bottle: string;
  readonly bottleFile: string | null;
  readonly inherited?: Readonly<Record<string, string>>;
  readonly defaultFile?: string | null;
} {
  const find = (name: string) =>
    manifest !== null && Object.hasOwn(manifest.bottles, name) ? manifest.bottles[name] : undefined;
  const { origin, inherited } = find(bottle) ?? {};
  return {
    bottle,
    bottleFile: origin?.file ?? null,
    ...(inherited === undefined ? {} : { inherited, defaultFile: find(DEFAULT_BOTTLE)?.origin.file ?? null }),
  };
}
