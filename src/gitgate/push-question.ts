import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { protector } from "../core/gitgate/protected-paths.ts";
import { PUSH_METHOD } from "../core/gitgate/push-method.ts";
import { isNoObject } from "../core/gitgate/ref-rules.ts";
import { readRemoteUrl } from "../core/gitgate/remote-url.ts";
import { BottleError } from "../core/model/errors.ts";
import { accessSecret, type GateRepository, type RefUpdate } from "../core/model/git-gate.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { printable } from "../core/wire/printable.ts";
import type { Git } from "../host/git.ts";

/** What the operator is shown of a push; when it began to wait is said by who holds it. */
export type PushQuestion = Omit<Proposal, "createdAt" | "expiresAt">;

const EXCERPT_BYTES = 4096;
const DIFF_BYTES = 8 << 20;
const LISTED = 20;

/**
 * The question about a push that changes protected paths, with the patch of those paths as evidence: from where the branch
 * was, or from where its history leaves the server's. A patch that is larger than is read, or that git could not be asked for since a
 * path is no UTF-8, cannot be asked about (undefined).
 */
export async function question(
  git: Git,
  id: string,
  repository: GateRepository,
  updates: readonly RefUpdate[],
  paths: readonly string[],
): Promise<PushQuestion | undefined> {
  const guarded = paths.filter((path) => protector(path, repository.protect) !== null);
  const named = guarded.map((path) => Buffer.from(path, "latin1"));
  // Its patch would be missing beside those of the others, and a yes would let it through unseen.
  if (!named.every(isUtf8)) return undefined;
  const commits = await git.run(["rev-list", "--reverse", ...updates.map(({ to }) => to), "--not", "--all"]);
  const args = ["diff-tree", "--stdin", "-r", "-c", "-p", "--root", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const patch = await git
    .run([...args, "--", ...named.map((path) => `:(literal,top)${path.toString("utf8")}`)], {
      stdin: commits,
      maxBytes: DIFF_BYTES,
    })
    .catch(() => null);
  if (patch === null || patch.length === 0) return undefined;
  return {
    ...about(id, repository, updates, patch),
    contentType: "text/x-diff",
    reason: "ask-required",
    findings: listed(named.map((path) => printable(path.toString("utf8"), 200))),
  };
}

/**
 * The question about a push that holds what looks like tokens. `places` say where and of what kind; what stands around them
 * is not shown, since the value stands there.
 */
export function secretQuestion(
  id: string,
  repository: GateRepository,
  updates: readonly RefUpdate[],
  places: readonly string[],
): PushQuestion {
  const evidence = Buffer.from(`${updates.map(({ to }) => to).join("\n")}\n${places.join("\n")}\n`);
  return {
    ...about(id, repository, updates, evidence),
    contentType: "text/plain",
    reason: "token-in-request",
    findings: listed(places),
  };
}

/** The first of them, and how many more there are: a yes is for all. */
function listed(all: readonly string[]): readonly string[] {
  return all.length <= LISTED ? all : [...all.slice(0, LISTED), `and ${all.length - LISTED} more`];
}

function about(id: string, repository: GateRepository, updates: readonly RefUpdate[], evidence: Buffer) {
  const reading = readRemoteUrl(repository.url);
  if (!reading.ok) throw new BottleError("INVARIANT", `not a URL: ${repository.url}`);
  const { host, port, path, transport } = reading.remote;
  const refs = updates.map(
    ({ ref, from, to }) => `${ref} ${isNoObject(from) ? "new" : from.slice(0, 12)}..${to.slice(0, 12)}`,
  );
  return {
    schema: 1,
    id,
    method: PUSH_METHOD,
    scheme: "https",
    authority: `${host}:${port ?? (transport === "ssh" ? 22 : 443)}`,
    target: `/${path} ${refs.join(", ")}`,
    bytes: evidence.length,
    excerpt: evidence.toString("utf8", 0, EXCERPT_BYTES),
    excerptBytes: Math.min(EXCERPT_BYTES, evidence.length),
    sha256: createHash("sha256").update(evidence).digest("hex"),
    rule: null,
    pack: null,
    credentials: [accessSecret(repository.access) ?? []].flat(),
  } as const;
}
