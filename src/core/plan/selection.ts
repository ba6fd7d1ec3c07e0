import type { AgentProvider } from "../model/agent.ts";
import { type BottleDefinition, DEFAULT_BOTTLE, type Manifest, type Origin } from "../model/definition.ts";
import { BottleError } from "../model/errors.ts";
import type { StartRequest } from "./start-request.ts";

/** The agent that was asked for, with the bottle definition it runs on. */
export interface AgentSelection {
  readonly agent: string;
  readonly provider: AgentProvider;
  /** Path of the program (absolute or `~/`): the command line's, else the manifest's; null: look for the provider's own. */
  readonly command: string | null;
  readonly args: readonly string[];
  readonly instructions: string | null;
  readonly bottleName: string;
  readonly bottle: BottleDefinition;
  /** null: built in. */
  readonly origin: Origin | null;
}

export type Selected =
  | { readonly ok: true; readonly selection: AgentSelection }
  | { readonly ok: false; readonly error: BottleError };

/** Finds the agent in the manifest, else among the built-in providers. Errors: AGENT_UNKNOWN, PLAN_INVALID. */
export function selectAgent(
  request: Pick<StartRequest, "agent" | "command">,
  manifest: Manifest,
  providers: Readonly<Record<string, AgentProvider>>,
): Selected {
  const name = request.agent;
  const definition = Object.hasOwn(manifest.agents, name) ? manifest.agents[name] : undefined;
  const providerName = definition?.provider ?? name;
  const provider = Object.hasOwn(providers, providerName) ? providers[providerName] : undefined;
  if (provider === undefined) {
    const known = [...new Set([...Object.keys(manifest.agents), ...Object.keys(providers)])].sort().join(", ");
    const message =
      definition === undefined
        ? `no agent is called ${name}`
        : `agent ${name} builds on ${providerName}, which does not exist`;
    return { ok: false, error: new BottleError("AGENT_UNKNOWN", message, { hint: `agents: ${known}` }) };
  }
  const bottleName = definition?.bottle ?? DEFAULT_BOTTLE;
  const bottle = Object.hasOwn(manifest.bottles, bottleName) ? manifest.bottles[bottleName] : undefined;
  if (bottle === undefined && bottleName !== DEFAULT_BOTTLE) {
    const error = new BottleError("PLAN_INVALID", `agent ${name} runs on bottle ${bottleName}, which is not defined`);
    return { ok: false, error };
  }
  return {
    ok: true,
    selection: {
      agent: name,
      provider,
      command: request.command ?? definition?.command ?? null,
      args: definition?.args ?? [],
      instructions: definition?.prompt ?? null,
      bottleName,
      bottle: bottle ?? {},
      origin: definition?.origin ?? null,
    },
  };
}
