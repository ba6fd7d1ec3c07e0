import type { RefUpdate } from "../core/model/git-gate.ts";
import { complaint, type Git } from "../host/git.ts";

/** What the server made of a push. */
export type Forwarded =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly details: readonly string[] }
  | { readonly kind: "failed"; readonly why: string };

/**
 * Sends exactly these commits to exactly these refs, all or none, to the server and nowhere else: by URL, without force,
 * without hooks, without tags that come along. `git` is the mirror's with the server's credential; `objects` lets it read
 * what came in this push.
 */
export async function forwardPush(
  git: Git,
  url: string,
  updates: readonly RefUpdate[],
  objects: Readonly<Record<string, string>>,
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Forwarded> {
  const specs = updates.map(({ to, ref }) => `${to}:${ref}`);
  const args = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"];
  // Of one ref there is nothing to hold together, and not every server knows how.
  const together = updates.length > 1 ? ["--atomic"] : [];
  const result = await git
    .attempt([...args, ...together, "--end-of-options", url, ...specs], { env: objects, ...limits })
    .catch((error: Error) => error);
  const failed = async (why: string): Promise<Forwarded> => {
    // Its answer may be lost, and not the push.
    const there = await hasAll(git, url, updates, limits.signal);
    return there ? { kind: "accepted" } : { kind: "failed", why };
  };
  if (result instanceof Error) return failed(result.message);
  const lines = result.stdout.toString("utf8").split("\n");
  const taken = lines.filter((line) => /^[ *=]\t/.test(line)).length;
  if (result.code === 0 && taken === updates.length) return { kind: "accepted" };
  const refused = lines.filter((line) => line.startsWith("!\t")).map((line) => line.slice(2).replaceAll("\t", "  "));
  if (refused.length > 0) return { kind: "refused", details: [...refused, ...spoken(result.stderr)] };
  return failed(complaint(result.stderr));
}

const QUESTION_MS = 20_000;

/** Has the server all of these refs where the push wants them? Where it does not say: no. */
async function hasAll(git: Git, url: string, updates: readonly RefUpdate[], signal: AbortSignal): Promise<boolean> {
  const args = ["ls-remote", "--end-of-options", url, ...updates.map(({ ref }) => ref)];
  const said = await git.attempt(args, { timeoutMs: QUESTION_MS, signal }).catch(() => null);
  const lines = said === null || said.code !== 0 ? [] : said.stdout.toString("latin1").split("\n");
  return updates.every(({ ref, to }) => lines.includes(`${to}\t${ref}`));
}

/** What the server itself said, a few lines. */
function spoken(stderr: Buffer): readonly string[] {
  return stderr
    .toString("utf8")
    .split(/[\r\n]+/)
    .flatMap((line) => /^remote: *(.*\S)/.exec(line)?.[1] ?? [])
    .slice(0, 10);
}
