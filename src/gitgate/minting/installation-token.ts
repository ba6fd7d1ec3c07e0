import type { AppTokenMint } from "../../core/model/git-gate.ts";
import { Secret } from "../../core/model/secret.ts";
import { appJwt } from "./app-jwt.ts";
import { askForge, failed, refused } from "./forge-api.ts";

/** A token of a GitHub App for one repository. */
export interface InstallationToken {
  readonly secret: Secret;
  /** In ms since the epoch. */
  readonly until: number;
}

interface Asking {
  readonly mint: AppTokenMint;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** docs.github.com, "Getting started with the REST API". */
const HEADERS = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
const BEARER = { kind: "bearer" } as const;

/**
 * A new token for exactly this repository and exactly these rights (docs.github.com, "Create an installation access token for
 * an app"), called `name`. Errors: FORGE_FAILED; a token that may more than was asked for is given back at once.
 */
export async function newInstallationToken(asking: Asking, key: Secret, name: string): Promise<InstallationToken> {
  const { mint, timeoutMs, signal } = asking;
  const { app, installation, owner, repository, write } = mint;
  const what = `a token for ${owner}/${repository}`;
  const jwt = appJwt(app, key, Date.now());
  if (jwt === null) throw failed(what, `${key.name} is no private key of RSA in PEM`);
  const contents = write ? "write" : "read";
  const answer = await askForge(
    { mint, scheme: BEARER, secret: jwt, headers: HEADERS, timeoutMs, signal },
    {
      method: "POST",
      path: `/app/installations/${installation}/access_tokens`,
      body: { repositories: [repository], permissions: { contents } },
    },
  );
  if (answer.status !== 201) throw refused(what, answer);
  const made = (answer.body ?? {}) as Readonly<Record<string, unknown>>;
  const until = typeof made.expires_at === "string" ? Date.parse(made.expires_at) : Number.NaN;
  if (typeof made.token !== "string" || made.token === "" || Number.isNaN(until))
    throw failed(what, "the forge answered without one");
  const token = { secret: new Secret(name, made.token), until };
  const wide = tooWide(made, mint, contents);
  if (wide === null) return token;
  await revokeInstallationToken(asking, token.secret).catch(() => undefined);
  throw failed(what, wide);
}

/** Ends a token before its time ("Revoke an installation access token"). Errors: FORGE_FAILED. */
export async function revokeInstallationToken({ mint, timeoutMs, signal }: Asking, token: Secret): Promise<void> {
  const login = { mint, scheme: BEARER, secret: token, headers: HEADERS, timeoutMs, signal };
  const answer = await askForge(login, { method: "DELETE", path: "/installation/token" });
  // 401: it is none any more.
  if (answer.status !== 204 && answer.status !== 401)
    throw refused(`ending the token for ${mint.owner}/${mint.repository}`, answer);
}

/** Why this token is not what was asked for; null: it is. Metadata can be read with every token. */
function tooWide(made: Readonly<Record<string, unknown>>, mint: AppTokenMint, contents: string): string | null {
  const { permissions, repositories, repository_selection: selection } = made;
  const rights = Object.entries((permissions ?? {}) as Readonly<Record<string, unknown>>);
  if (
    rights.some(
      ([right, level]) => !(right === "contents" ? level === contents : right === "metadata" && level === "read"),
    )
  )
    return "the forge gave other rights than were asked for";
  const names = Array.isArray(repositories)
    ? repositories.map((one: { full_name?: unknown } | null) => String(one?.full_name).toLowerCase())
    : [];
  const wanted = `${mint.owner}/${mint.repository}`.toLowerCase();
  if (selection !== "selected" || names.length !== 1 || names[0] !== wanted)
    return "the forge gave it for other repositories than was asked for";
  return null;
}
