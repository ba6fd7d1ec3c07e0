import { randomBytes } from "node:crypto";
import { type AppTokenMint, accessSecret, type DeployKeyMint, type GateRepository } from "../core/model/git-gate.ts";
import type { BottlePlan, Json } from "../core/model/plan.ts";
import {
  FORGE_MS,
  isRefusal,
  type MintedCredential,
  mintAppTokens,
  mintDeployKey,
  revokeDeployKey,
} from "../gitgate/minting.ts";
import { allOrNone, type Cleanup } from "../host/cleanup.ts";
import type { Journal } from "../state/journal.ts";
import type { SessionContext } from "./context.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import { APP_TOKENS, DEPLOY_KEY, takeBack } from "./unrevoked.ts";

export interface Minting {
  readonly plan: BottlePlan;
  readonly secrets: HeldSecrets;
  readonly journal: Journal;
  /** Path of the journal. */
  readonly path: string;
  readonly cleanup: Cleanup;
  readonly context: SessionContext;
}

/**
 * Has the forges make what the plan's repositories are reached with, each for this bottle alone, and takes it back at the
 * end. Answers the secrets with these among them. What an earlier run could not take back is tried first. Errors:
 * FORGE_FAILED, SECRET_UNRESOLVED.
 */
export async function mintCredentials(minting: Minting): Promise<HeldSecrets> {
  const { plan, secrets, path, context } = minting;
  const minted = new Map<string, MintedCredential>();
  await takeBack(path, context);
  const mint = async ({ access, mint: how }: GateRepository): Promise<void> => {
    if (how === undefined) return;
    const own = accessSecret(access);
    if (own === null) return;
    minted.set(
      own,
      how.kind === "gitea-deploy-key" ? await deployKey(minting, how, own) : await appTokens(minting, how, own),
    );
  };
  await allOrNone((plan.repositories ?? []).map(mint));
  return {
    read: (name) => minted.get(name)?.read() ?? secrets.read(name),
    known: () => [...secrets.known(), ...[...minted.values()].flatMap((one) => one.known())],
  };
}

async function deployKey(minting: Minting, mint: DeployKeyMint, name: string): Promise<MintedCredential> {
  const { plan, secrets, journal, cleanup, context } = minting;
  // Only this start has it: by its title a key is found whose making was never answered.
  const title = `bot-bottle ${plan.name} ${randomBytes(6).toString("hex")}`;
  const token = plan.secrets.find(({ credential }) => credential === mint.secret) ?? null;
  const shelf = { mint, token: await secrets.read(mint.secret), timeoutMs: FORGE_MS, signal: context.signal };
  let made = true;
  const intent = await journal.intent(DEPLOY_KEY, { mint, title, token } as unknown as Json);
  // Before it is made: a forge may have made it and failed to say so.
  cleanup.push(`deploy key of ${mint.owner}/${mint.repository}`, async () => {
    if (made) await revokeDeployKey(mint, await secrets.read(mint.secret), title);
    await journal.done(intent);
  });
  try {
    return await mintDeployKey(shelf, name, title);
  } catch (error) {
    made = !isRefusal(error);
    throw error;
  }
}

async function appTokens(minting: Minting, mint: AppTokenMint, name: string): Promise<MintedCredential> {
  const { secrets, journal, cleanup, context } = minting;
  const key = () => secrets.read(mint.secret);
  const intent = await journal.intent(APP_TOKENS, { mint } as unknown as Json);
  const tokens = await mintAppTokens({ mint, key, name, signal: context.signal });
  cleanup.push(`tokens for ${mint.owner}/${mint.repository}`, async () => {
    await tokens.revoke();
    await journal.done(intent);
  });
  return tokens;
}
