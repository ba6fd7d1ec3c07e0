import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Policy } from "../core/model/policy.ts";
import { approvalNotice, questionNotice } from "../core/notices/words.ts";
import { canAsk } from "../core/policy/asking.ts";
import type { LivePaths } from "../state/layout.ts";
import type { ApprovalRequest } from "./approvals.ts";
import type { Asking } from "./asking.ts";
import type { SessionContext } from "./context.ts";
import type { Ledger } from "./ledger.ts";
import type { Notifier } from "./notifier.ts";

/** What a bottle asks its operator; nothing is loaded or made for one that asks nothing. Errors: STATE_UNUSABLE. */
export async function openQuestions(
  plan: BottlePlan,
  policy: Policy,
  paths: LivePaths,
  notifier: Pick<Notifier, "tell"> | null,
  { facts, say }: SessionContext,
  ledger?: Ledger,
): Promise<Asking | typeof SILENT> {
  const pushes = (plan.repositories ?? []).some(
    ({ askMs, secretsAskMs }) => askMs !== null || secretsAskMs !== undefined,
  );
  const spends = plan.budget?.atLimit === "ask";
  if (!canAsk(policy) && !pushes && !spends && plan.supervise !== true) return SILENT;
  const { openAsking } = await import("./asking.ts");
  return openAsking({
    bottle: plan.name,
    policy,
    paths,
    uid: facts.uid,
    say,
    announce: plan.agent.headless,
    ...(ledger !== undefined && { ledger }),
    onShown: (item) =>
      notifier?.tell("kind" in item ? questionNotice(plan.name, item.kind) : approvalNotice(plan.name, item)),
  });
}

const SILENT = {
  desk: null,
  hold: () => undefined,
  attach: () => undefined,
  answer: async (request: ApprovalRequest): Promise<unknown> => {
    if (request.do === "grants") return { version: 1, grants: [] };
    if (request.do === "items") return { items: [] };
    if (request.do === "decisions") return { decisions: [] };
    const known = "grant" in request ? `no grant is called ${request.grant}` : `no request waits under ${request.id}`;
    throw new BottleError("grant" in request ? "GRANT_NOT_FOUND" : "APPROVAL_NOT_FOUND", known);
  },
  models: async () => undefined,
  close: async () => undefined,
} as const;
