import { BottleError } from "../core/model/errors.ts";
import type { DeployKeyMint } from "../core/model/git-gate.ts";
import type { SecretRef } from "../core/model/plan.ts";
import { isFields } from "../core/plan/fields.ts";
import { readSecret } from "../host/secrets.ts";
import { type JournalEntry, openJournal, unfinishedIntents } from "../state/journal.ts";
import type { SessionContext } from "./context.ts";

/** Intents of a journal: what a forge made for the bottle. */
export const DEPLOY_KEY = "deploy key";
export const APP_TOKENS = "app tokens";

/** Something that a forge made for a bottle, and of which nobody knows that it was taken back. */
export interface Unrevoked {
  /** In words. */
  readonly what: string;
  /** Takes it back and notes that. Errors: FORGE_FAILED, SECRET_UNRESOLVED; then it stays in the journal. */
  readonly revoke: () => Promise<void>;
}

/** What the journal of a bottle that does not run says to be with forges still. */
export async function unrevoked(journal: string, env: SessionContext["env"]): Promise<readonly Unrevoked[]> {
  return (await unfinishedIntents(journal)).flatMap((entry) => {
    const done = async (): Promise<void> => {
      const own = await openJournal(journal);
      try {
        await own.done(entry.seq);
      } finally {
        await own.close();
      }
    };
    if (entry.intent === APP_TOKENS) {
      // They were in the memory of the host process only.
      const what = "tokens of a GitHub App; they end by themselves within an hour of their making, and nobody has them";
      return [{ what, revoke: done }];
    }
    const key = entry.intent === DEPLOY_KEY ? readKey(entry) : null;
    if (key === null) return [];
    const { mint, title, token } = key;
    const revoke = async (): Promise<void> => {
      const { revokeDeployKey } = await import("../gitgate/minting.ts");
      await revokeDeployKey(mint, await readSecret(token, env), title);
      await done();
    };
    return [{ what: `deploy key "${title}" of ${mint.owner}/${mint.repository} at ${mint.api}`, revoke }];
  });
}

/** Takes back what can be; says what cannot, with how it is tried again. True: nothing is left. Never throws. */
export async function takeBack(journal: string, { env, say }: Pick<SessionContext, "env" | "say">): Promise<boolean> {
  let all = true;
  for (const { what, revoke } of await unrevoked(journal, env)) {
    try {
      await revoke();
    } catch (error) {
      all = false;
      const why = error instanceof BottleError ? error.message : "unknown error";
      say(`bottle: could not be taken back: ${what}: ${why}; bottle prune tries again`);
    }
  }
  return all;
}

/** The journal is ours; a line that an older or newer bot-bottle wrote may still be another. */
function readKey({
  detail,
}: JournalEntry): { readonly mint: DeployKeyMint; readonly title: string; readonly token: SecretRef } | null {
  if (!isFields(detail) || !isFields(detail.mint) || !isFields(detail.token)) return null;
  const { api, owner, repository } = detail.mint;
  const texts = [api, owner, repository, detail.title, detail.token.credential];
  if (texts.some((text) => typeof text !== "string" || text === "") || !isFields(detail.token.source)) return null;
  return detail as unknown as { mint: DeployKeyMint; title: string; token: SecretRef };
}
