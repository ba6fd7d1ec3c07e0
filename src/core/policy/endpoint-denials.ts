import type { ReasonCode } from "../model/decision.ts";
import type { EgressRule } from "../model/policy.ts";
import { forgeWrite, spellsOut } from "./forge-writes.ts";
import { pushEndpoint } from "./push-endpoints.ts";
import { isNamed, tokenEndpoint } from "./token-endpoints.ts";

/**
 * Why an endpoint is denied although a rule allows its place; null: it is not. `rules` are those of this place: one that
 * names the very path means it. `credentialed`: a credential would be written. Attack rows 98, 115.
 */
export function endpointDenial(
  rules: readonly EgressRule[],
  request: Parameters<typeof tokenEndpoint>[0],
  credentialed: boolean,
): { readonly reason: ReasonCode; readonly detail: string } | null {
  if (isNamed(rules, request)) return null;
  // Also after a yes: nobody can read what a pack holds.
  const push = pushEndpoint(request);
  if (push !== null) return { reason: "git-push", detail: push };
  // What comes back would be a secret that nobody knows, and so nobody masks.
  const minting = credentialed ? tokenEndpoint(request) : null;
  if (minting !== null) return { reason: "token-minting", detail: minting };
  const write = forgeWrite(request);
  const meant = write === null || rules.some((rule) => spellsOut(rule, request.method, write));
  return meant ? null : { reason: "forge-write", detail: write.what };
}
