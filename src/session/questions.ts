import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Policy } from "../core/model/policy.ts";
import { canAsk } from "../core/policy/asking.ts";
import type { LivePaths } from "../state/layout.ts";
import type { ApprovalRequest } from "./approvals.ts";
import type { Asking } from "./asking.ts";
import type { SessionContext } from "./context.ts";

/** What a bottle asks its operator; nothing is loaded or made for one that asks nothing. Errors: STATE_UNUSABLE. */
export async function openQuestions(
  plan: BottlePlan,
  policy: Policy,
  paths: LivePaths,
  { facts, say }: SessionContext,
): Promise<Asking | typeof SILENT> {
  if (!canAsk(policy)) return SILENT;
  const { openAsking } = await import("./asking.ts");
  return openAsking({ bottle: plan.name, policy, paths, uid: facts.uid, say, announce: plan.agent.headless });
}

const SILENT = {
  desk: null,
  attach: () => undefined,
  answer: async (request: ApprovalRequest): Promise<unknown> => {
    if (request.do === "grants") return { version: 1, grants: [] };
    const known = "grant" in request ? `no grant is called ${request.grant}` : `no request waits under ${request.id}`;
    throw new BottleError("grant" in request ? "GRANT_NOT_FOUND" : "APPROVAL_NOT_FOUND", known);
  },
  close: async () => undefined,
} as const;
