import type { AgentBinary, CredentialCandidate } from "../model/agent.ts";
import type { Manifest } from "../model/definition.ts";
import { BottleError } from "../model/errors.ts";
import type { HostFacts } from "../model/host-facts.ts";
import type { BottlePlan, Json } from "../model/plan.ts";
import type { EgressRule } from "../model/policy.ts";
import type { AgentSelection } from "./selection.ts";
import type { StartRequest } from "./start-request.ts";
import type { ProtectedFolders } from "./workspace-refusals.ts";

/** What planning needs of a backend; every `Backend` is one. */
export interface PlanBackend {
  readonly name: string;
  readonly capabilities: { readonly workspace: readonly ("copy" | "bind")[] };
  plan(plan: Omit<BottlePlan, "backendPlan">, facts: HostFacts): Json;
}

export interface PlanInputs {
  readonly request: StartRequest;
  readonly manifest: Manifest;
  readonly selection: AgentSelection;
  readonly facts: HostFacts;
  readonly binary: AgentBinary;
  /** The first of the provider's candidates that this host has (`host/secrets.firstPresent`); null: none. */
  readonly candidate: CredentialCandidate | null;
  /** Real path of `request.path`. */
  readonly workspace: string;
  /** Real paths of the folders that no agent may get (`host/protected-folders`). */
  readonly protectedFolders: ProtectedFolders;
  readonly backend: PlanBackend;
  /** 32 random bytes: the bottle's name and its placeholders are derived from them. */
  readonly entropy: Uint8Array;
  /** Rules of the demo: come first. */
  readonly extraRules?: readonly EgressRule[];
}

export type Resolved =
  | { readonly ok: true; readonly plan: BottlePlan }
  /** `error` carries all problems in its message, one a line. */
  | { readonly ok: false; readonly error: BottleError };

/** Everything that a start will do, as data. PURE. */
export function resolvePlan(_inputs: PlanInputs): Resolved {
  return { ok: false, error: new BottleError("PLAN_INVALID", "planning is not built yet") };
}
