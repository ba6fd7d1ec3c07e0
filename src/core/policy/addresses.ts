import type { ReasonCode } from "../model/decision.ts";
import type { EgressRule } from "../model/policy.ts";

export type AddressJudgement =
  /** Dial one of these and nothing else, in this order. */
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly reason: ReasonCode; readonly address: string | null; readonly detail: string };

/**
 * Judges every address that a host resolved to (or the one literal that `dial` or the host names); one bad answer
 * denies the set. `ownAddresses` are those of this machine's interfaces. Attack rows 28 to 33, 35, 37, 156.
 */
export declare function judgeAddresses(
  rule: EgressRule,
  addresses: readonly string[],
  ownAddresses: readonly string[],
): AddressJudgement;
