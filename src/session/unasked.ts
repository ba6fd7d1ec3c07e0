import { BottleError } from "../core/model/errors.ts";
import type { ApprovalRequest } from "./approvals.ts";

/** What a bottle that asks nothing answers. */
export function answerNothing(request: ApprovalRequest): unknown {
  switch (request.do) {
    case "grants":
      return { version: 1, grants: [] };
    case "revoke":
      throw new BottleError("GRANT_NOT_FOUND", `no grant is called ${request.grant}`);
    default:
      throw new BottleError("APPROVAL_NOT_FOUND", `no request waits under ${request.id}`);
  }
}
