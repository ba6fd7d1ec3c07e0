import type { Duplex } from "node:stream";
import { GATE_REASONS, refusalLines } from "../core/gitgate/gate-texts.ts";
import { protector } from "../core/gitgate/protected-paths.ts";
import { isNoObject, refRefusals } from "../core/gitgate/ref-rules.ts";
import type { LeakSearch } from "../core/leaks/leak-scanner.ts";
import type { Redactor } from "../core/leaks/redactor.ts";
import type { AuditEvent } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { GateReason, RefUpdate } from "../core/model/git-gate.ts";
import type { AuditFinding, LeakFinding } from "../core/model/leak.ts";
import { describeFinding } from "../core/policy/finding-texts.ts";
import { type Git, gitProgram, gitWith } from "../host/git.ts";
import { forwardPush } from "./forward.ts";
import type { GitleaksSearch } from "./gitleaks.ts";
import type { HeldPushes } from "./held-pushes.ts";
import { type HookTalk, hearHook } from "./hook-talk.ts";
import { mergeReverts } from "./merge-reverts.ts";
import type { Mirror } from "./mirror.ts";
import { changedPaths, newObjects } from "./new-objects.ts";
import { searchPush, shownPath } from "./push-findings.ts";
import { type PushQuestion, question, secretQuestion } from "./push-question.ts";
import { mirrorEnvironment } from "./upstream-git.ts";

/** All that a push is searched for, and what may leave all the same. */
export interface PushSearch {
  readonly search: LeakSearch;
  readonly allowed: (finding: LeakFinding) => boolean;
  readonly redactor: Redactor;
}

export interface PushStart {
  readonly id: string;
  readonly mirror: Mirror;
  readonly tools: Readonly<Record<string, string>>;
  readonly search: () => PushSearch;
  /** The gitleaks of this host; null: none is used. */
  readonly gitleaks: () => Promise<GitleaksSearch | null>;
  /** Rejects when nothing was written: then nothing is sent. */
  readonly write: (event: AuditEvent) => Promise<void>;
  /** What the hook of this push talks over. */
  readonly channel: Duplex;
  /** Resolves when all processes of this push have ended. */
  readonly ended: Promise<unknown>;
  readonly signal: AbortSignal;
  readonly held: HeldPushes;
  /** The agent can ask by the MCP server supervise. */
  readonly supervised: boolean;
}

/** Objects that one push may bring. */
const MOST_OBJECTS = 1_000_000;
/** Lines of a refusal. */
const MOST_DETAILS = 20;

/** Why a push is refused. */
interface Refusal {
  readonly reason: GateReason;
  readonly details: readonly string[];
  readonly findings?: readonly AuditFinding[];
  /** A yes of the operator lets it through all the same; what they are shown. */
  readonly asks?: { readonly question: PushQuestion; readonly askMs: number };
}

/**
 * Judges one push and, when nothing speaks against it, sends it on; the mirror takes it only when the server did.
 * Everything unclear is a refusal; when this rejects nothing was answered, and the hook refuses by itself.
 */
export async function judgePush(start: PushStart): Promise<void> {
  const { mirror, channel, ended } = start;
  const began = performance.now();
  const talk = await hearHook(channel, mirror.gitDir);
  const searched = start.search();
  const { redactor } = searched;
  const updates = talk?.updates ?? [];
  const write = (verdict: "allow" | "deny", reason: GateReason, detail: string | null, more: Partial<Refusal> = {}) =>
    start.write({
      type: "git",
      id: start.id,
      action: "push",
      repository: mirror.repository.name,
      verdict,
      reason,
      refs: updates.slice(0, 64).map((update) => ({ ...update, ref: redactor.redact(update.ref) })),
      detail: detail === null ? null : redactor.redact(detail).slice(0, 1024),
      ms: Math.round(performance.now() - began),
      ...(more.findings === undefined ? {} : { findings: more.findings }),
    });
  if (talk === null) return write("deny", "never-judged", null).catch(() => undefined);
  const refuse = async ({ reason, details, findings }: Refusal): Promise<void> => {
    const shown = details.slice(0, MOST_DETAILS).map((detail) => redactor.redact(detail));
    for (const line of refusalLines(reason, shown, start)) talk.say(line);
    await write("deny", reason, shown.join("; "), findings === undefined ? {} : { findings }).catch(() => undefined);
    talk.refuse();
  };
  try {
    const judged = await judge(start, talk, searched);
    if (judged !== null) {
      const { asks, reason, details, findings } = judged;
      if (asks === undefined) return await refuse(judged);
      const held = findings?.map((finding) => ({ ...finding, action: "asked" as const }));
      await write("deny", "held", details.join("; "), held === undefined ? {} : { findings: held });
      const seconds = Math.round(asks.askMs / 1000);
      talk.say(`git gate: held for your operator, for ${seconds} s: ${GATE_REASONS[reason]}`);
      const answer = await start.held.ask(asks.question, asks.askMs, ended);
      if (answer !== "yes") return await refuse({ ...judged, reason: answer === "no" ? "ask-denied" : "ask-timeout" });
    }
    await mirror.alone(async () => {
      const late = await judgeLate(start, updates, talk);
      if (late !== null) return refuse(late);
      await write("allow", "forwarding", null);
      const { url, limits } = mirror.repository;
      const env = quarantineEnvironment(mirror, talk);
      const sent = await forwardPush(await mirror.upstream(), url, updates, env, {
        timeoutMs: limits.seconds * 1000,
        signal: start.signal,
      });
      if (sent.kind === "refused") return refuse({ reason: "upstream-refused", details: sent.details });
      if (sent.kind === "failed") return refuse({ reason: "upstream-failed", details: [sent.why] });
      talk.accept();
      await write("allow", "accepted", null).catch(() => undefined);
      // Nobody else looks at the refs before git has moved them.
      await ended;
    });
  } catch (error) {
    const why = error instanceof BottleError ? error.message : "bot-bottle itself is wrong";
    await refuse({ reason: "internal-error", details: [why] });
  }
}

/** What can be told without the server and without keeping others out. */
async function judge(
  { id, mirror, tools, gitleaks, signal }: PushStart,
  { updates, quarantine }: HookTalk,
  { search, allowed, redactor }: PushSearch,
): Promise<Refusal | null> {
  if (updates === null)
    return { reason: "internal-error", details: ["git named refs that the gate does not understand"] };
  const { repository } = mirror;
  const wrong = refRefusals(updates, repository);
  if (wrong.length > 0) return { reason: "ref-refused", details: wrong.map(({ ref, why }) => `${ref}: ${why}`) };
  if (quarantine === null)
    return { reason: "internal-error", details: ["git kept what came where the gate does not look"] };
  const env = { ...mirrorEnvironment(mirror.gitDir), ...quarantineEnvironment(mirror, { quarantine }) };
  const git = gitWith(gitProgram(tools), [], env);
  const backward = await notForward(git, updates);
  if (backward.length > 0) return { reason: "ref-refused", details: backward };
  const paths = await changedPaths(git, updates);
  const reverts = await mergeReverts(git, updates, (path) => protector(path, repository.protect) !== null);
  const guarded = [...reverts, ...paths].flatMap(([path, commit]) => {
    const entry = protector(path, repository.protect);
    return entry === null ? [] : [`commit ${commit.slice(0, 12)}: ${shownPath(path)} (protected: ${entry})`];
  });
  const objects = await newObjects(git, updates);
  if (objects.length > MOST_OBJECTS) return { reason: "limit-reached", details: [`more than ${MOST_OBJECTS} objects`] };
  const found = await searchPush({
    git,
    program: gitProgram(tools),
    env,
    gitDir: mirror.gitDir,
    objects,
    updates,
    search,
    allowed,
    gitleaks,
    all: repository.secretsAskMs !== undefined,
    signal,
  });
  if (!found.ok) return { reason: found.tooMuch ? "limit-reached" : "internal-error", details: [found.why] };
  if (found.findings.length === 0) {
    if (guarded.length === 0) return null;
    const { askMs } = repository;
    // A patch of what a merge takes back cannot be had: no commit changes it.
    const shown =
      askMs === null || reverts.size > 0 ? undefined : await question(git, id, repository, updates, [...paths.keys()]);
    const asks = askMs === null || shown === undefined ? {} : { asks: { question: shown, askMs } };
    return { reason: "path-protected", details: guarded, ...asks };
  }
  const { findings, whole } = found;
  const details = [...new Set(findings.map((finding) => describeFinding(finding)))];
  const refusal = {
    reason: "secret-found" as const,
    details,
    findings: findings.map(({ where, ...rest }) => ({ ...rest, where: where.slice(0, 256) })),
  };
  const { secretsAskMs } = repository;
  // A value that is known, or the bait, is refused whatever an operator would say. A patch of protected paths could show it.
  const doubtful = whole && guarded.length === 0 && findings.every(({ kind }) => kind === "pattern");
  if (secretsAskMs === undefined || !doubtful) return refusal;
  // A path may hold one, too.
  const shown = details.map((detail) => redactor.redact(detail));
  return { ...refusal, asks: { question: secretQuestion(id, repository, updates, shown), askMs: secretsAskMs } };
}

/** What must still hold when nobody else is inside. */
async function judgeLate({ mirror }: PushStart, updates: readonly RefUpdate[], { quarantine }: HookTalk) {
  if (quarantine === null) return { reason: "internal-error", details: [] } satisfies Refusal;
  const now = new Map(
    (await mirror.git.line(["for-each-ref", "--format=%(refname) %(objectname)"]))
      .split("\n")
      .map((line): [string, string] => [line.slice(0, line.lastIndexOf(" ")), line.slice(line.lastIndexOf(" ") + 1)]),
  );
  const moved = updates.filter(({ ref, from }) => (now.get(ref) ?? "0".repeat(from.length)) !== from);
  if (moved.length === 0) return null;
  return { reason: "moved-on", details: moved.map(({ ref }) => `${ref}: fetch first`) } satisfies Refusal;
}

/** Branches that would not only move forward, and refs that are not what their name says. */
async function notForward(git: Git, updates: readonly RefUpdate[]): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { ref, from, to } of updates) {
    if (!ref.startsWith("refs/heads/")) continue;
    const type = await git.attempt(["cat-file", "-t", to]);
    if (type.stdout.toString("latin1").trim() !== "commit") problems.push(`${ref}: not a commit`);
    else if (!isNoObject(from)) {
      const forward = await git.attempt(["merge-base", "--is-ancestor", from, to]);
      if (forward.code !== 0) problems.push(`${ref}: not a fast-forward; the gate rewrites no history`);
    }
  }
  return problems;
}

/** Lets git see what came in this push beside what the mirror has. */
function quarantineEnvironment({ gitDir }: Mirror, { quarantine }: Pick<HookTalk, "quarantine">) {
  return { GIT_OBJECT_DIRECTORY: quarantine ?? "", GIT_ALTERNATE_OBJECT_DIRECTORIES: `${gitDir}/objects` };
}
