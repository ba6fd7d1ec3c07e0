import type { Item } from "../core/inbox/item.ts";
import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { RequestId } from "../core/model/ids.ts";
import { refuseChanged } from "./answer-review.ts";
import type { AllowRequest, QuestionClaim, QuestionHolder } from "./approval-request.ts";
import type { Decisions } from "./decisions.ts";

/** The right to answer a question; null: nobody asked one under this id. Errors: APPROVAL_SETTLED. */
export function claimQuestion(
  holders: readonly QuestionHolder[],
  id: RequestId,
  decisions: Decisions,
): QuestionClaim | null {
  for (const holder of holders) {
    const claim = holder.claim(id);
    if (claim.ok) return claim;
    if (claim.problem === "answered") throw decisions.settled(id);
  }
  return null;
}

export interface QuestionAnswer {
  readonly item: Item;
  readonly verdict: "yes" | "no";
  readonly words: string | null;
  readonly by: string;
  /** null: a no, which needs no code. */
  readonly request: AllowRequest | null;
  readonly audit: AuditSink;
  readonly decisions: Decisions;
  /** ISO 8601. */
  readonly at: string;
}

/** Answers a question that was claimed; what came of it, in words. Errors: APPROVAL_CHANGED, USAGE, STATE_UNUSABLE. */
export async function answerQuestion(claim: QuestionClaim, answer: QuestionAnswer): Promise<string> {
  const { item, verdict, words, by, request, audit, decisions, at } = answer;
  const { id, kind, title } = item;
  const said = verdict === "yes" ? "allow" : "deny";
  const scope = verdict === "yes" ? "once" : null;
  decisions.begin(id, by);
  try {
    if (request !== null) {
      refuseChanged(item, request.review);
      if (request.scope !== "once" || request.reach != null) {
        throw new BottleError("USAGE", `${id} is a question: a yes to it makes no rule`, {
          hint: `bottle allow ${id} --words TEXT`,
        });
      }
    }
    const line = { type: "answer", id, verdict: said, by, scope, grant: null, detail: words } as const;
    // A no holds whether it could be written or not.
    const written = audit.append(line);
    await (verdict === "yes" ? written : written.catch(() => undefined));
    await claim.settle(verdict, words);
    const rest = { by, at, title, settled: 1, kind: "question", undone: false } as const;
    decisions.add({ id, verdict: said, scope, grant: null, ...rest });
    if (kind === "budget") return verdict === "yes" ? "another budget" : "no more model requests";
    return words === null ? `the agent hears ${verdict}` : `the agent hears ${verdict}, and your words`;
  } catch (error) {
    claim.putBack();
    throw error;
  } finally {
    decisions.end(id);
  }
}
