import type { BottlePlan } from "../core/model/plan.ts";
import type { LivePaths } from "../state/layout.ts";
import type { SessionContext } from "./context.ts";
import type { BottleGate, GitGateParts } from "./git-gate.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import type { Minting } from "./minted-credentials.ts";

export interface GateSurroundings extends Pick<GitGateParts, "secrets" | "known" | "audit"> {
  readonly paths: LivePaths;
  readonly context: SessionContext;
}

/** The git gate of a plan that has repositories; null, and nothing of it is loaded, for every other. */
export async function gateOf(
  plan: BottlePlan,
  { paths, secrets, known, audit, context }: GateSurroundings,
): Promise<BottleGate | null> {
  if ((plan.repositories ?? []).length === 0) return null;
  const { openGitGate } = await import("./git-gate.ts");
  const onAlert = (text: string) => context.say(`bottle: ${plan.name}: ${text}`);
  const { tools } = context.facts;
  const { seeds } = context.layout;
  return openGitGate({ plan, folder: paths.gate, seeds, tools, secrets, known, audit, onAlert });
}

/** The secrets with those that forges make for this bottle; as they are, and nothing is loaded, where none does. */
export async function withMinted(minting: Minting): Promise<HeldSecrets> {
  const { plan, secrets } = minting;
  if ((plan.repositories ?? []).every(({ mint }) => mint === undefined)) return secrets;
  const { mintCredentials } = await import("./minted-credentials.ts");
  return mintCredentials(minting);
}
