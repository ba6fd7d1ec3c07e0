import { type AgentDefinition, type BottleDefinition, DEFAULT_BOTTLE } from "../core/model/definition.ts";
import { nearest } from "../core/plan/nearest.ts";
import type { CheckedFile, PlacedFault } from "./manifest-check.ts";

/** Names that definitions of a file may refer to. */
export interface KnownNames {
  /** Built-in agents and providers. */
  readonly rack: readonly string[];
  /** Bottles of the operator's file, sound or not. */
  readonly bottles: readonly string[];
}

/** What only shows when definitions are seen together: references to what does not exist, bind as a default. */
export function referenceFaults(file: CheckedFile, known: KnownNames): readonly PlacedFault[] {
  return [
    ...Object.entries(file.bottles).flatMap(([name, bottle]) => bottleFaults(file, name, bottle)),
    ...Object.entries(file.agents).flatMap(([name, agent]) => agentFaults(file, name, agent, known)),
  ];
}

function bottleFaults(file: CheckedFile, name: string, bottle: BottleDefinition): readonly PlacedFault[] {
  const faults: PlacedFault[] = [];
  if (name === DEFAULT_BOTTLE && bottle.workspace === "bind") {
    const hint = "use another bottle, or type --workspace bind";
    faults.push(file.fault(["bottles", name, "workspace"], "bind is never a default", hint));
  }
  const credentials = Object.keys(bottle.credentials ?? {});
  for (const [index, rule] of (bottle.egress?.rules ?? []).entries()) {
    if (rule.credential === undefined || credentials.includes(rule.credential)) continue;
    const path = ["bottles", name, "egress", "rules", index, "credential"];
    faults.push(
      file.fault(
        path,
        `no credential of this bottle is called ${rule.credential}`,
        meant(rule.credential, credentials),
      ),
    );
  }
  return faults;
}

function agentFaults(
  file: CheckedFile,
  name: string,
  agent: AgentDefinition,
  known: KnownNames,
): readonly PlacedFault[] {
  const faults: PlacedFault[] = [];
  const provider = agent.provider ?? name;
  if (!known.rack.includes(provider)) {
    const message = agent.provider === undefined ? "provider is missing" : `no built-in agent is called ${provider}`;
    faults.push(file.fault(["agents", name, "provider"], message, meant(provider, known.rack)));
  }
  const bottles = [...known.bottles, DEFAULT_BOTTLE];
  if (agent.bottle !== undefined && !bottles.includes(agent.bottle)) {
    const hint = meant(agent.bottle, bottles);
    faults.push(file.fault(["agents", name, "bottle"], `no bottle is called ${agent.bottle}`, hint));
  }
  return faults;
}

function meant(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  if (near !== null) return `did you mean ${near}?`;
  return candidates.length === 0 ? "none is defined" : `there is: ${candidates.join(", ")}`;
}
