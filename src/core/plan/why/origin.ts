import { DEFAULT_BOTTLE } from "../../model/definition.ts";
import type { DenyRule, EgressRule } from "../../model/policy.ts";
import { packOf } from "../../policy/packs.ts";

/** Where the definitions behind a policy stand. */
export interface RulePlaces {
  /** Name of the bottle definition. */
  readonly bottle: string;
  /** File of the bottle definition; null: none, or not known any more. */
  readonly bottleFile: string | null;
  /** What the bottle has from others, as `WholeBottle.inherited`. */
  readonly inherited?: Readonly<Record<string, string>>;
  /** File of the operator's `default`, on which a project's bottle may build. */
  readonly defaultFile?: string | null;
  readonly agent: string;
  readonly agentFile: string | null;
}

/** Whose rule it is, in words: file and place of what was written there. */
export function originOf(rule: EgressRule | DenyRule, places: RulePlaces): string {
  const [kind = "", list = "", index = ""] = rule.id.split(":");
  if (kind === "deny") {
    return list === "agent"
      ? inFile(`agents.${places.agent}.deny[${index}]`, places.agentFile)
      : inBottle("deny", Number(index), places);
  }
  switch (rule.source) {
    case "operator":
    case "project":
      return inBottle("rules", Number(list), places);
    case "agent":
      return "the agent's own rule";
    case "cli":
      return "--allow on the command line";
    case "pack":
      return `the rule pack ${list} (${packOf(list)?.allows ?? "no longer known"})`;
    case "grant":
      return `your yes to request ${list.replace(/^g-/, "")} (bottle grants)`;
    case "demo":
      return "the demo's own rule";
  }
}

function inFile(path: string, file: string | null): string {
  return file === null ? path : `${path} of ${file}`;
}

/** The item of a bottle's list with this index, in the bottle that it was written in: own items first, then what it builds on. */
function inBottle(list: "rules" | "deny", index: number, places: RulePlaces): string {
  const { bottle, bottleFile, inherited = {} } = places;
  const ownerOf = (at: number) => inherited[`egress.${list}[${at}]`] ?? bottle;
  const owner = ownerOf(index);
  let own = 0;
  for (let before = 0; before < index; before += 1) if (ownerOf(before) === owner) own += 1;
  const path = `bottles.${owner}.egress.${list}[${own}]`;
  if (owner === bottle) return inFile(path, bottleFile);
  const file = owner === DEFAULT_BOTTLE && places.defaultFile !== undefined ? places.defaultFile : bottleFile;
  return `${inFile(path, file)}, on which ${bottle} builds`;
}
