import { PUSH_METHOD } from "../core/gitgate/push-method.ts";
import { unaccepted } from "../core/inbox/flags.ts";
import type { Item } from "../core/inbox/item.ts";
import { itemOf, type KnownRules } from "../core/inbox/items.ts";
import { type Reach, reachOf, reachProblem, sameReach } from "../core/inbox/reach.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { isAskableTunnel } from "../core/policy/asking.ts";
import { coversPath } from "../core/policy/grants.ts";
import { parseAuthority } from "../core/wire/authority.ts";
import { printable } from "../core/wire/printable.ts";
import type { AllowRequest } from "./approval-request.ts";

/**
 * May this yes be given to `item`? The rule that it stands for. Nothing was changed where it throws. Errors:
 * APPROVAL_CHANGED where another thing was shown; USAGE where the scope does not fit, the rule is none, or a flag was not
 * accepted.
 */
export function reviewAllow(item: Item, proposal: Proposal, request: AllowRequest, policy: KnownRules): Reach {
  const { scope, reach = null, accepted = [] } = request;
  refuseScope(proposal, scope);
  refuseChanged(item, request.review);
  const wanted = reach ?? reachOf(proposal);
  if (reach !== null) refuseReach(proposal, reach, scope);
  const { flags } = reach === null ? item : itemOf(item.bottle, proposal, policy, reach);
  const missing = unaccepted(flags, accepted);
  if (missing.length > 0) {
    throw new BottleError("USAGE", `${item.id} has flags: ${missing.map(({ text }) => printable(text)).join("; ")}`, {
      hint: `look at it: bottle approvals; then add --accept ${missing.map(({ code }) => code).join(",")}`,
    });
  }
  return wanted;
}

/** Errors: APPROVAL_CHANGED. */
export function refuseChanged({ id, review }: Item, shown: string): void {
  if (review === shown) return;
  throw new BottleError("APPROVAL_CHANGED", `${id} is not what was shown any more, and was not answered`, {
    hint: `look at it again: bottle approvals; its code is ${review} now`,
  });
}

function refuseScope({ id, method, reason, asked }: Proposal, scope: AllowRequest["scope"]): void {
  if (asked !== undefined && scope === "once") {
    throw new BottleError("USAGE", `${id} asks for access: there is no request that could go once`, {
      hint: `bottle allow ${id} --for 1h`,
    });
  }
  if (scope === "once") return;
  if (method === PUSH_METHOD) {
    throw new BottleError("USAGE", "a yes to a push is for this push alone", { hint: "allow it --once" });
  }
  if (reason === "token-in-request") {
    throw new BottleError("USAGE", "a yes to what looks like a secret is for this request alone", {
      hint: "allow it --once; its fingerprint under egress.leaks.allow of the manifest lets it leave later ones",
    });
  }
}

function refuseReach(proposal: Proposal, reach: Reach, scope: AllowRequest["scope"]): void {
  if (scope === "once" && !sameReach(reach, reachOf(proposal))) {
    throw new BottleError("USAGE", "a rule that was changed is for more than one request", {
      hint: "say for how long: `for`, or `bottle`",
    });
  }
  const problem = reachProblem(reach) ?? unaskable(reach);
  if (problem !== null) throw new BottleError("USAGE", printable(problem, 500), { hint: "mend the rule" });
}

/** A grant that would never hold is refused when it is given. */
function unaskable({ authority }: Reach): string | null {
  const reading = parseAuthority(authority, null);
  if (reading.ok && isAskableTunnel("host-not-listed", reading.authority)) return null;
  return `${authority} is never opened by a yes: only a rule of the manifest can`;
}

/** True when the request itself falls under the rule. */
export function covered({ method, scheme, authority, path, pattern }: Reach, proposal: Proposal): boolean {
  const own = reachOf(proposal);
  if (method !== own.method || scheme !== own.scheme || authority !== own.authority) return false;
  return coversPath({ path, ...(pattern ? ({ pattern: true } as const) : {}) }, own.path);
}
