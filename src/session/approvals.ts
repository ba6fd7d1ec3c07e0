import { PUSH_METHOD } from "../core/gitgate/push-method.ts";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { AnswerScope, Grant } from "../core/model/grant.ts";
import type { RequestId } from "../core/model/ids.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { coverage } from "../core/policy/grants.ts";
import type { Claim, ClaimReading } from "../gateway/held.ts";
import type { PolicyWriter } from "./policy-writer.ts";

/** What an operator may say to the host process about requests that wait, and about what was granted. */
export type ApprovalRequest =
  | { readonly do: "allow"; readonly id: string; readonly scope: AnswerScope; readonly forMs: number | null }
  | { readonly do: "deny"; readonly id: string; readonly reason: string | null }
  | { readonly do: "grants" }
  | { readonly do: "revoke"; readonly grant: string };

/** What came of an answer. */
export interface AnswerReport {
  /** Of the policy that is in force with it. */
  readonly version: number;
  readonly proposal: Proposal;
  /** How many identical requests it let go, or refused. */
  readonly settled: number;
  /** Ids of those that still wait, since it is not for them. */
  readonly others: readonly string[];
  readonly grant: Grant | null;
  /** What it covers, in words. */
  readonly covers: string;
}

/** As a claim of a gateway, which may be in another process and answer later. */
export type AwaitedClaim = Omit<Claim, "settle"> & {
  /** `words` are the operator's, for whoever asked; a request that was held on its way has nobody to hear them. */
  settle(answer: Parameters<Claim["settle"]>[0], words?: string | null): number | Promise<number>;
};
export type AwaitedClaimReading = AwaitedClaim | Exclude<ClaimReading, Claim>;

/** What holds requests back until they are answered. */
export interface RequestHolder {
  claim(id: RequestId): AwaitedClaimReading | Promise<AwaitedClaimReading>;
}

/** The right to answer a question, which one operator has at a time (attack row 148). */
export interface QuestionClaim {
  readonly ok: true;
  readonly question: Question;
  /** `words` are for whoever asked; null: none. */
  settle(verdict: "yes" | "no", words: string | null): void;
  /** It could not be answered after all: it waits on. */
  putBack(): void;
}

/** Who asks the operator what is no request: supervise, a budget. */
export interface QuestionHolder {
  claim(id: RequestId): QuestionClaim | { readonly ok: false; readonly problem: "unknown" | "answered" };
}

export interface ApprovalsStart {
  readonly gateway: RequestHolder;
  readonly writer: PolicyWriter;
  readonly audit: AuditSink;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * Answers for one bottle, in its host process: the right to answer is taken first, then the line is written, then it is
 * in force, then the request goes on. Of two operators the first wins. Errors: APPROVAL_NOT_FOUND, APPROVAL_SETTLED,
 * GRANT_NOT_FOUND, STATE_UNUSABLE.
 */
export function createApprovals({ gateway, writer, audit, now = Date.now }: ApprovalsStart) {
  const claimed = async (id: string): Promise<AwaitedClaim> => {
    const claim = await gateway.claim(id);
    if (claim.ok) return claim;
    if (claim.problem === "answered") {
      throw new BottleError("APPROVAL_SETTLED", `${id} was settled before this answer came`, {
        hint: "bottle audit NAME tells how",
      });
    }
    throw new BottleError("APPROVAL_NOT_FOUND", `no request waits under ${id}`, {
      hint: "bottle approvals lists what waits now",
    });
  };

  const allow = async ({ id, scope, forMs }: Extract<ApprovalRequest, { do: "allow" }>): Promise<AnswerReport> => {
    const claim = await claimed(id);
    const { proposal } = claim;
    if (scope === "once" && proposal.asked !== undefined) {
      claim.putBack();
      throw new BottleError("USAGE", "there is no request yet that could be let go once", {
        hint: `bottle allow ${id} --for 1h, --bottle or --persist`,
      });
    }
    if (scope !== "once" && proposal.method === PUSH_METHOD) {
      claim.putBack();
      throw new BottleError("USAGE", "a yes to a push is for this push alone", { hint: "allow it --once" });
    }
    if (scope !== "once" && proposal.reason === "token-in-request") {
      claim.putBack();
      throw new BottleError("USAGE", "a yes to what looks like a secret is for this request alone", {
        hint: "allow it --once; its fingerprint under egress.leaks.allow of the manifest lets it leave later ones",
      });
    }
    const grant = scope === "once" ? null : grantOf(claim, scope, forMs, now());
    const line = { type: "answer", id, by: "operator", grant: grant?.id ?? null } as const;
    try {
      await audit.append({ ...line, verdict: "allow", scope, detail: null });
      if (grant !== null) await writer.add(grant);
    } catch (error) {
      const detail = "the yes could not be put in force";
      await audit.append({ ...line, verdict: "deny", scope: null, detail }).catch(() => undefined);
      claim.putBack();
      throw error;
    }
    return {
      version: writer.version,
      proposal,
      settled: await claim.settle(grant === null ? "once" : "granted"),
      others: claim.others,
      grant,
      covers: grant === null ? onceCovers(proposal) : coverage(grant),
    };
  };

  const deny = async ({ id, reason }: Extract<ApprovalRequest, { do: "deny" }>): Promise<AnswerReport> => {
    const claim = await claimed(id);
    const line = { type: "answer", id, by: "operator", verdict: "deny", scope: null, grant: null } as const;
    // A no holds whether it could be written or not; the denial has its own line.
    await audit.append({ ...line, detail: reason }).catch(() => undefined);
    return {
      version: writer.version,
      proposal: claim.proposal,
      settled: await claim.settle("ask-denied", reason),
      others: claim.others,
      grant: null,
      covers: onceCovers(claim.proposal),
    };
  };

  return {
    handle: async (request: ApprovalRequest): Promise<unknown> => {
      switch (request.do) {
        case "allow":
          return allow(request);
        case "deny":
          return deny(request);
        case "grants":
          return { version: writer.version, grants: writer.grants() };
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

function grantOf({ proposal, path }: AwaitedClaim, scope: Grant["scope"], forMs: number | null, now: number): Grant {
  const { id, method, scheme, authority } = proposal;
  return {
    id: `g-${id}`,
    scope,
    method,
    scheme,
    authority,
    path,
    request: id,
    createdAt: now,
    expiresAt: scope === "for" ? now + (forMs ?? 3_600_000) : null,
  };
}
