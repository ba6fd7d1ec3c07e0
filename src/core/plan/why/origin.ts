import type { DenyRule, EgressRule } from "../../model/policy.ts";
import { packOf } from "../../policy/packs.ts";

/** Where the definitions behind a policy stand. */
export interface RulePlaces {
  /** Name of the bottle definition. */
  readonly bottle: string;
  /** File of the bottle definition; null: none, or not known any more. */
  readonly bottleFile: string | null;
  readonly agent: string;
  readonly agentFile: string | null;
}

/** Whose rule it is, in words: file and place of what was written there. */
export function originOf(rule: EgressRule | DenyRule, places: RulePlaces): string {
  const [kind = "", list = "", index = ""] = rule.id.split(":");
  const inFile = (path: string, file: string | null) => (file === null ? path : `${path} of ${file}`);
  if (kind === "deny") {
    return list === "agent"
      ? inFile(`agents.${places.agent}.deny[${index}]`, places.agentFile)
      : inFile(`bottles.${places.bottle}.egress.deny[${index}]`, places.bottleFile);
  }
  switch (rule.source) {
    case "operator":
      return inFile(`bottles.${places.bottle}.egress.rules[${list}]`, places.bottleFile);
    case "agent":
      return "the agent's own rule";
    case "cli":
      return "--allow on the command line";
    case "pack":
      return `the rule pack ${list} (${packOf(list)?.allows ?? "no longer known"})`;
    case "demo":
      return "the demo's own rule";
    case "project":
      return "the project's file";
  }
}
