import type { ReasonCode } from "../model/decision.ts";
import type { EgressRule } from "../model/policy.ts";
import { readAddress } from "../wire/ip.ts";

export type AddressJudgement =
  /** Dial one of these and nothing else, in this order. */
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly reason: ReasonCode; readonly address: string | null; readonly detail: string };

/**
 * Judges every address that a host resolved to (or the one literal that `dial` or the host names); one bad answer
 * denies the set. Metadata is never allowed; other special ranges and this machine's own interfaces
 * (`ownAddresses`, as the system prints them) only where the rule names that very address. Attack rows 28 to 33, 35, 37, 156.
 */
export function judgeAddresses(
  rule: EgressRule,
  addresses: readonly string[],
  ownAddresses: readonly string[],
): AddressJudgement {
  if (addresses.length === 0) return deny("resolve-failed", null, "no address");
  const named = readAddress(rule.dial?.kind === "tcp" ? rule.dial.address : rule.host)?.canonical;
  const own = new Set(ownAddresses.map((text) => readAddress(text.replace(/%.*$/, ""))?.canonical));
  const judged: string[] = [];
  for (const text of addresses) {
    const reading = readAddress(text);
    if (reading === null) return deny("resolve-failed", text, "not an address");
    const { canonical, embedded } = reading;
    if (reading.class === "metadata") return deny("address-metadata", canonical, "cloud metadata service");
    if (rule.dial !== null && canonical !== named)
      return deny("address-not-public", canonical, "not the address of `dial`");
    if (canonical !== named) {
      if ([canonical, ...embedded].some((it) => own.has(it)))
        return deny("address-own", canonical, "an address of this machine");
      if (reading.class !== "public") return deny("address-not-public", canonical, `${reading.class} address`);
    }
    judged.push(canonical);
  }
  return { ok: true, addresses: [...new Set(judged)] };
}

function deny(reason: ReasonCode, address: string | null, detail: string): AddressJudgement {
  return { ok: false, reason, address, detail };
}
