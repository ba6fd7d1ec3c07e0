import type { AuditSink } from "../core/model/audit.ts";
import { BottleError } from "../core/model/errors.ts";
import type { ApprovalRequest, QuestionHolder } from "./approvals.ts";

interface Answers {
  answer(request: ApprovalRequest): Promise<unknown>;
}

/** As `answers`, and what the bottle's budget asks is answered besides: the line is written first, then it is in force. */
export function withBudgetAnswers<T extends Answers>(
  answers: T,
  budget: (QuestionHolder & { settled(): Promise<void> }) | null,
  audit: AuditSink,
): T {
  if (budget === null) return answers;
  return {
    ...answers,
    answer: async (request) => {
      if (request.do !== "allow" && request.do !== "deny") return answers.answer(request);
      const { id } = request;
      const claim = budget.claim(id);
      if (!claim.ok) {
        if (claim.problem === "unknown") return answers.answer(request);
        throw new BottleError("APPROVAL_SETTLED", `${id} was settled before this answer came`);
      }
      const verdict = request.do;
      try {
        const scope = verdict === "allow" ? "once" : null;
        const detail = verdict === "allow" ? "its budget: as much again" : request.reason;
        await audit.append({ type: "answer", id, verdict, by: "operator", scope, grant: null, detail });
      } catch (error) {
        // A no holds whether it could be written or not.
        if (verdict === "allow") {
          claim.putBack();
          throw error;
        }
      }
      claim.settle(verdict === "allow" ? "yes" : "no", null);
      await budget.settled();
      return { question: claim.question, verdict };
    },
  };
}
