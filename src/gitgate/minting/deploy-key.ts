import type { DeployKeyMint } from "../../core/model/git-gate.ts";
import type { Secret } from "../../core/model/secret.ts";
import { askForge, type ForgeAnswer, failed, refused } from "./forge-api.ts";

/** A repository's keys at a Gitea (or Forgejo), and who may change them. */
export interface KeyShelf {
  readonly mint: DeployKeyMint;
  readonly token: Secret;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Gitea gives at most so many at a time (`MAX_RESPONSE_ITEMS`). */
const PAGE = 50;
const MOST_PAGES = 100;

/**
 * Adds a key to the repository (Gitea API, `repoCreateKey`). Errors: FORGE_FAILED, after which the key may be there all
 * the same.
 */
export async function addDeployKey(shelf: KeyShelf, title: string, publicLine: string): Promise<void> {
  const readOnly = !shelf.mint.write;
  const body = { title, key: publicLine, read_only: readOnly };
  const answer = await ask(shelf, "POST", "", body);
  const what = `a deploy key for ${shelf.mint.owner}/${shelf.mint.repository}`;
  if (answer.status !== 201) throw refused(what, answer);
  const made = answer.body as { id?: unknown; read_only?: unknown } | null;
  // Who may not see it is not told; but a key that may more than was asked for is not used.
  if (typeof made?.id !== "number" || (made.read_only !== undefined && made.read_only !== readOnly))
    throw failed(what, "the forge made another one than was asked for");
}

/**
 * Removes every key of this title, which only one mint has; none is there: all is well. Errors: FORGE_FAILED.
 */
export async function removeDeployKey(shelf: KeyShelf, title: string): Promise<void> {
  const { owner, repository } = shelf.mint;
  for (const id of await keysOf(shelf, title)) {
    const answer = await ask(shelf, "DELETE", `/${id}`);
    // 404: somebody was faster.
    if (answer.status !== 204 && answer.status !== 404)
      throw refused(`removing deploy key ${id} of ${owner}/${repository}`, answer);
  }
}

async function keysOf(shelf: KeyShelf, title: string): Promise<readonly number[]> {
  const found: number[] = [];
  const what = `the deploy keys of ${shelf.mint.owner}/${shelf.mint.repository}`;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await ask(shelf, "GET", `?limit=${PAGE}&page=${page}`);
    // A repository that is gone has no key.
    if (answer.status === 404) return [];
    if (answer.status !== 200 || !Array.isArray(answer.body)) throw refused(what, answer);
    const keys = answer.body as readonly ({ id?: unknown; title?: unknown } | null)[];
    if (keys.length === 0) return found;
    for (const key of keys) if (key?.title === title && typeof key.id === "number") found.push(key.id);
  }
  throw failed(what, `more than ${PAGE * MOST_PAGES}`);
}

function ask(shelf: KeyShelf, method: "GET" | "POST" | "DELETE", rest: string, body?: unknown): Promise<ForgeAnswer> {
  const { mint, token, timeoutMs, signal } = shelf;
  const scheme = { kind: "header", header: "authorization", prefix: "token " } as const;
  const login = { mint, scheme, secret: token, headers: { accept: "application/json" }, timeoutMs, signal };
  const path = `/repos/${encodeURIComponent(mint.owner)}/${encodeURIComponent(mint.repository)}/keys${rest}`;
  return askForge(login, { method, path, ...(body === undefined ? {} : { body }) });
}
