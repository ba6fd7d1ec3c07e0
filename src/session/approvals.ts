import { PUSH_METHOD } from "../core/gitgate/push-method.ts";
import { itemOf } from "../core/inbox/items.ts";
import type { Reach } from "../core/inbox/reach.ts";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { AnswerScope, Grant } from "../core/model/grant.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { coverage } from "../core/policy/grants.ts";
import { covered, reviewAllow } from "./answer-review.ts";
import { answerQuestion, claimQuestion } from "./answered-questions.ts";
import type {
  AllowRequest,
  AnswerReport,
  ApprovalRequest,
  AwaitedClaim,
  QuestionClaim,
  QuestionHolder,
  RequestHolder,
  Surface,
} from "./approval-request.ts";
import { createDecisions } from "./decisions.ts";
import type { Ledger } from "./ledger.ts";
import type { PolicyWriter } from "./policy-writer.ts";
import { undo } from "./undo.ts";

export type {
  AllowRequest,
  AnswerReport,
  ApprovalRequest,
  AwaitedClaim,
  AwaitedClaimReading,
  QuestionClaim,
  QuestionHolder,
  RequestHolder,
} from "./approval-request.ts";

export interface ApprovalsStart {
  readonly bottle: string;
  readonly gateway: RequestHolder;
  /** Asked in this order, before the gateway. */
  readonly questions: readonly QuestionHolder[];
  readonly writer: PolicyWriter;
  readonly audit: AuditSink;
  readonly ledger: Pick<Ledger, "use">;
  /** What waits, as it was written for others to read, with its evidence. */
  readonly shown: () => readonly (Proposal | Question)[];
  /** Login name of the operator, to whom alone the control socket is open. */
  readonly operator: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Answers for one bottle, in its host process: the right to answer is taken first, then what was shown is compared, then
 * the line is written, then it is in force, then the request goes on. Of two operators the first wins, and the second is
 * told who. Errors: APPROVAL_NOT_FOUND, APPROVAL_SETTLED, APPROVAL_CHANGED, GRANT_NOT_FOUND, USAGE, STATE_UNUSABLE.
 */
export function createApprovals(start: ApprovalsStart) {
  const { bottle, gateway, questions, writer, audit, ledger, shown, operator, now = Date.now } = start;
  const decisions = createDecisions();
  const byOf = (as: Surface = "cli") => `${operator} (${as})`;
  const iso = () => new Date(now()).toISOString();

  /** As it was shown: evidence is the host process's own, and in no claim. */
  const asShown = <T extends Proposal | Question>(claimed: T): T => {
    const known = shown().find((it): it is Proposal => it.id === claimed.id && "method" in it);
    return known?.evidence === undefined ? claimed : { ...claimed, evidence: known.evidence };
  };
  const claimed = async (id: string, by: string): Promise<AwaitedClaim> => {
    const claim = await gateway.claim(id);
    if (claim.ok) {
      decisions.begin(id, by);
      return claim;
    }
    if (claim.problem === "answered" || decisions.find(id) !== null) throw decisions.settled(id);
    throw new BottleError("APPROVAL_NOT_FOUND", `no request waits under ${id}`, {
      hint: "bottle approvals lists what waits now",
    });
  };

  const allow = async (request: AllowRequest): Promise<AnswerReport> => {
    const { id, scope, forMs, reach = null } = request;
    const by = byOf(request.as);
    const question = claimQuestion(questions, id, decisions);
    if (question !== null) return answered(question, "yes", request.words ?? null, by, request);
    const claim = await claimed(id, by);
    let given: Grant | null = null;
    try {
      const proposal = asShown(claim.proposal);
      const item = itemOf(bottle, proposal, writer.policy);
      const wanted = reviewAllow(item, proposal, request, writer.policy);
      const grant = scope === "once" ? null : grantOf(proposal, wanted, scope, forMs, now());
      await give(id, by, scope, grant);
      given = grant;
      const waits = reach !== null && proposal.asked === undefined && !covered(wanted, proposal);
      if (waits) claim.putBack();
      // Who asked for something else than they have now must know it.
      const changed = reach === null || grant === null ? [] : [`allowed is ${coverage(grant)}`];
      const words = [...(request.words == null ? [] : [request.words]), ...changed].join("; ") || null;
      const settled = waits ? 0 : await claim.settle(grant === null ? "once" : "granted", words);
      const kind = proposal.method === PUSH_METHOD ? "push" : "request";
      // Whoever asked for access has sent nothing yet.
      const left = proposal.asked === undefined ? settled : 0;
      const rest = { by, at: iso(), title: item.title, settled: left, kind, undone: false } as const;
      decisions.add({ id, verdict: "allow", scope, grant: grant?.id ?? null, ...rest });
      const covers = grant === null ? onceCovers(proposal) : coverage(grant);
      const about = { version: writer.version, id, kind: item.kind, proposal, question: null };
      return { ...about, settled, waits, others: claim.others, grant, covers };
    } catch (error) {
      // Who is told that it failed does not look for a grant.
      if (given !== null) await takeBack(id, by, given).catch(() => undefined);
      claim.putBack();
      throw error;
    } finally {
      decisions.end(id);
    }
  };

  const takeBack = async (id: RequestId, by: string, { id: grant }: Grant): Promise<void> => {
    await writer.revoke(grant);
    const detail = "the yes did not arrive";
    await audit.append({ type: "answer", id, by, grant, verdict: "deny", scope: null, detail });
  };

  /** On disk, then in force. */
  const give = async (id: RequestId, by: string, scope: AnswerScope, grant: Grant | null): Promise<void> => {
    const line = { type: "answer", id, by, grant: grant?.id ?? null } as const;
    try {
      await audit.append({ ...line, verdict: "allow", scope, detail: null });
      if (grant !== null) await writer.add(grant);
    } catch (error) {
      const detail = "the yes could not be put in force";
      await audit.append({ ...line, verdict: "deny", scope: null, detail }).catch(() => undefined);
      throw error;
    }
  };

  const deny = async ({ id, reason, as }: Extract<ApprovalRequest, { do: "deny" }>): Promise<AnswerReport> => {
    const by = byOf(as);
    const question = claimQuestion(questions, id, decisions);
    if (question !== null) return answered(question, "no", reason, by, null);
    const claim = await claimed(id, by);
    const { proposal } = claim;
    const line = { type: "answer", id, by, verdict: "deny", scope: null, grant: null } as const;
    try {
      // A no holds whether it could be written or not; the denial has its own line.
      await audit.append({ ...line, detail: reason }).catch(() => undefined);
      const { kind, title } = itemOf(bottle, proposal, writer.policy);
      const settled = await claim.settle("ask-denied", reason);
      const rest = {
        by,
        at: iso(),
        title,
        settled,
        kind: kind === "push" ? "push" : "request",
        undone: false,
      } as const;
      decisions.add({ id, verdict: "deny", scope: null, grant: null, ...rest });
      const about = { version: writer.version, id, kind, proposal, question: null, waits: false };
      return { ...about, settled, others: claim.others, grant: null, covers: onceCovers(proposal) };
    } catch (error) {
      claim.putBack();
      throw error;
    } finally {
      decisions.end(id);
    }
  };

  const answered = async (
    claim: QuestionClaim,
    verdict: "yes" | "no",
    words: string | null,
    by: string,
    request: AllowRequest | null,
  ): Promise<AnswerReport> => {
    const item = itemOf(bottle, claim.question, writer.policy);
    const covers = await answerQuestion(claim, { item, verdict, words, by, request, audit, decisions, at: iso() });
    const about = { version: writer.version, id: item.id, kind: item.kind, proposal: null, question: claim.question };
    return { ...about, settled: 1, waits: false, others: [], grant: null, covers };
  };

  return {
    handle: async (request: ApprovalRequest): Promise<unknown> => {
      switch (request.do) {
        case "allow":
          return allow(request);
        case "deny":
          return deny(request);
        case "undo":
          return undo(request.id, byOf(request.as), { decisions, gateway, questions, writer, audit, ledger });
        case "items":
          return { items: shown().map((source) => itemOf(bottle, source, writer.policy)) };
        case "decisions":
          return { decisions: decisions.list() };
        case "grants":
          return { version: writer.version, grants: writer.grants().map((it) => ({ ...it, ...ledger.use(it.id) })) };
        case "revoke":
          return { version: await writer.revoke(request.grant), grant: request.grant };
      }
    },
  };
}

function onceCovers({ method, scheme, authority, target, bytes }: Proposal): string {
  const body = bytes === 0 ? "without a body" : `with this very body of ${bytes} bytes`;
  return `this request alone: ${method} ${scheme}://${authority}${target}, ${body}`;
}

function grantOf(
  { id }: Proposal,
  { method, scheme, authority, path, pattern }: Reach,
  scope: Grant["scope"],
  forMs: number | null,
  now: number,
): Grant {
  return {
    id: `g-${id}`,
    scope,
    method,
    scheme,
    authority,
    path,
    ...(pattern ? ({ pattern: true } as const) : {}),
    request: id,
    createdAt: now,
    expiresAt: scope === "for" ? now + (forMs ?? 3_600_000) : null,
  };
}
