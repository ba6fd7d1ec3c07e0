import type { AgentProvider } from "../model/agent.ts";
import {
  DEFAULT_BOTTLE,
  type DenyDefinition,
  type Manifest,
  type Origin,
  type WholeBottle,
} from "../model/definition.ts";
import { BottleError } from "../model/errors.ts";
import type { ConfigPart } from "../model/setup.ts";
import { printable } from "../wire/printable.ts";
import { manifestError } from "./manifest-problems.ts";
import { nearest } from "./nearest.ts";
import type { StartRequest } from "./start-request.ts";

/** The agent that was asked for, with the bottle definition it runs on. */
export interface AgentSelection {
  readonly agent: string;
  readonly provider: AgentProvider;
  /** Path of the program (absolute or `~/`): the command line's, else the manifest's; null: look for the provider's own. */
  readonly command: string | null;
  readonly args: readonly string[];
  readonly instructions: string | null;
  readonly deny: readonly DenyDefinition[];
  /** Where instructions, skills and settings are to be read from, as the manifest names them. */
  readonly wanted: WantedSetup;
  readonly bottleName: string;
  /** Without an origin: the built-in one. */
  readonly bottle: Omit<WholeBottle, "origin"> & { readonly origin?: Origin };
  /** null: built in. */
  readonly origin: Origin | null;
}

/** What the manifest wants to have read for the agent. Relative paths belong to the manifest that names them. */
export interface WantedSetup {
  /** null: `instructions` is all. */
  readonly promptFile: string | null;
  readonly skills: readonly string[];
  readonly config: readonly ConfigPart[];
}

export type Selected =
  | { readonly ok: true; readonly selection: AgentSelection }
  | { readonly ok: false; readonly error: BottleError };

/** The built-in agents by the name that is typed: `src/agents/providers`. */
export type AgentRack = Readonly<Record<string, AgentProvider>>;

/** Agents that a hint names, at most; a project's file has room for thousands. */
const NAMED = 20;

/**
 * Finds the agent in the manifest, else among the built-in ones. Errors: AGENT_UNKNOWN; MANIFEST_INVALID when its
 * definition, or that of its bottle, has problems; PLAN_INVALID when its bottle is not defined.
 */
export function selectAgent(
  request: Pick<StartRequest, "agent" | "command" | "bottle">,
  manifest: Manifest,
  rack: AgentRack,
): Selected {
  const name = request.agent;
  if (manifest.broken.agents.includes(name)) return broken(`the definition of agent ${name} has problems`, manifest);
  const definition = own(manifest.agents, name);
  const provider = own(rack, definition?.provider ?? name);
  if (provider === undefined) {
    const known = [...new Set([...Object.keys(manifest.agents), ...Object.keys(rack)])].sort();
    const meant = nearest(name, known);
    const message =
      definition === undefined
        ? `no agent is called ${printable(name, 64)}`
        : `agent ${name} builds on ${definition.provider ?? name}, which does not exist`;
    const few = [...known.slice(0, NAMED), ...(known.length > NAMED ? [`${known.length - NAMED} more`] : [])];
    const hint = `${meant === null ? "" : `did you mean ${meant}? `}agents: ${few.join(", ")}`;
    return { ok: false, error: new BottleError("AGENT_UNKNOWN", message, { hint }) };
  }
  const bottleName = request.bottle ?? definition?.bottle ?? DEFAULT_BOTTLE;
  if (manifest.broken.bottles.includes(bottleName))
    return broken(`the definition of bottle ${bottleName} has problems`, manifest);
  const bottle = own(manifest.bottles, bottleName);
  if (bottle === undefined && bottleName !== DEFAULT_BOTTLE) {
    const hint = `bottles: ${[...new Set([...Object.keys(manifest.bottles), DEFAULT_BOTTLE])].join(", ")}`;
    const message =
      request.bottle === undefined
        ? `agent ${name} runs on bottle ${bottleName}, which is not defined`
        : `no bottle is defined as ${printable(bottleName, 64)}`;
    return { ok: false, error: new BottleError("PLAN_INVALID", message, { hint }) };
  }
  return {
    ok: true,
    selection: {
      agent: name,
      provider,
      command: request.command ?? definition?.command ?? null,
      args: definition?.args ?? [],
      instructions: typeof definition?.prompt === "string" ? definition.prompt : null,
      wanted: {
        promptFile: typeof definition?.prompt === "object" ? definition.prompt.file : null,
        skills: definition?.skills ?? [],
        config: definition?.config ?? [],
      },
      deny: definition?.deny ?? [],
      bottleName,
      bottle: bottle ?? {},
      origin: definition?.origin ?? null,
    },
  };
}

function broken(message: string, manifest: Manifest): Selected {
  return { ok: false, error: manifestError(message, manifest.problems) };
}

/** Never what an object inherits: `constructor` is a valid name for an agent. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
