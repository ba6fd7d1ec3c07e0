import { BottleError } from "../core/model/errors.ts";
import type { AppTokenMint, DeployKeyMint } from "../core/model/git-gate.ts";
import type { Secret } from "../core/model/secret.ts";
import { addDeployKey, type KeyShelf, removeDeployKey } from "./minting/deploy-key.ts";
import { type InstallationToken, newInstallationToken, revokeInstallationToken } from "./minting/installation-token.ts";
import { newSshKeyPair } from "./minting/openssh-key.ts";

export { isRefusal } from "./minting/forge-api.ts";

/** A credential that was made for one bottle and ends with it. */
export interface MintedCredential {
  /** Its value now, made anew where that ends soon. */
  read(): Secret | Promise<Secret>;
  /** Every value that it had. */
  known(): readonly Secret[];
}

/** How long one question to a forge may take. */
export const FORGE_MS = 10_000;
/** At the end of a bottle, where an undo has ten seconds for all that it asks. */
const REVOKE_MS = 4000;
const REVOKED_MS = 9000;
/** How long before its end a token is not given out any more: a push may take a while. */
const SOON_MS = 20 * 60_000;

/** Makes a key pair and gives the forge its public half. Errors: FORGE_FAILED, after which the key may be there. */
export async function mintDeployKey(shelf: KeyShelf, name: string, title: string): Promise<MintedCredential> {
  const { publicLine, privateKey } = newSshKeyPair(name, title);
  await addDeployKey(shelf, title, publicLine);
  return { read: () => privateKey, known: () => [privateKey] };
}

/** Takes the key away again: none is there, too. Tries a second time. Errors: FORGE_FAILED. */
export async function revokeDeployKey(mint: DeployKeyMint, token: Secret, title: string): Promise<void> {
  const shelf = { mint, token, timeoutMs: REVOKE_MS, signal: AbortSignal.timeout(REVOKED_MS) };
  await removeDeployKey(shelf, title).catch(() => removeDeployKey(shelf, title));
}

/** Tokens of a GitHub App, of which one follows the other. */
export interface AppTokens extends MintedCredential {
  /** Ends all that have not ended by themselves. Errors: FORGE_FAILED with the time at which the last one does. */
  revoke(): Promise<void>;
}

export interface AppTokenStart {
  readonly mint: AppTokenMint;
  /** The app's private key, read anew each time. */
  readonly key: () => Secret | Promise<Secret>;
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  readonly now?: () => number;
}

/** Makes the first token. Errors: FORGE_FAILED, SECRET_UNRESOLVED. */
export async function mintAppTokens({ mint, key, name, signal, now = Date.now }: AppTokenStart): Promise<AppTokens> {
  const tokens: InstallationToken[] = [];
  let coming: Promise<Secret> | null = null;
  const asking = { mint, timeoutMs: FORGE_MS, signal };
  const renew = async (): Promise<Secret> => {
    const token = await newInstallationToken(asking, await key(), name);
    tokens.push(token);
    return token.secret;
  };
  await renew();
  return {
    read: () => {
      const last = tokens.at(-1);
      if (last !== undefined && now() < last.until - SOON_MS) return last.secret;
      // Those who ask meanwhile get the same one. The old one goes on: a push may have it.
      coming ??= renew().finally(() => {
        coming = null;
      });
      const still = last !== undefined && now() < last.until;
      // A forge that is down for a moment stops no push while there is a token that still counts.
      return still ? coming.catch(() => last.secret) : coming;
    },
    known: () => tokens.map(({ secret }) => secret),
    revoke: async () => {
      await coming?.catch(() => undefined);
      const left = tokens.filter(({ until }) => now() < until);
      const short = { mint, timeoutMs: REVOKE_MS, signal: AbortSignal.timeout(REVOKED_MS) };
      const done = await Promise.allSettled(
        left.map(({ secret }) =>
          revokeInstallationToken(short, secret).catch(() => revokeInstallationToken(short, secret)),
        ),
      );
      const failure = done.find((one) => one.status === "rejected");
      if (failure === undefined) return;
      const why = failure.reason instanceof Error ? failure.reason.message : "unknown error";
      const end = new Date(Math.max(...left.map(({ until }) => until))).toISOString();
      throw new BottleError("FORGE_FAILED", `${why}; it ends by itself at ${end}, and nobody has it any more`);
    },
  };
}
