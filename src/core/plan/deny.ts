import type { DenyDefinition } from "../model/definition.ts";
import type { DenyRule } from "../model/policy.ts";

/** Where rules that deny may stand: they add up, and none lifts another. */
export interface DenySources {
  /** `egress.deny` of the bottle definition, the operator's. */
  readonly bottle: readonly DenyDefinition[];
  /** `deny` of the agent definition. */
  readonly agent: readonly DenyDefinition[];
  /** Whose file defines the agent. */
  readonly agentBy: "operator" | "project";
}

/** All that one bottle may never do. */
export function planDeny({ bottle, agent, agentBy }: DenySources): readonly DenyRule[] {
  const rule = (definition: DenyDefinition, id: string, source: DenyRule["source"]): DenyRule => ({
    id,
    source,
    host: definition.host,
    port: definition.port ?? null,
    methods: definition.methods ?? null,
    paths: definition.paths ?? null,
  });
  return [
    ...bottle.map((definition, index) => rule(definition, `deny:bottle:${index}`, "operator")),
    ...agent.map((definition, index) => rule(definition, `deny:agent:${index}`, agentBy)),
  ];
}
