import type { Authority } from "../model/authority.ts";
import type { CredentialBinding, EgressRule, Policy } from "../model/policy.ts";
import type { Secret } from "../model/secret.ts";
import type { HeaderPair } from "../wire/header-pairs.ts";

/** A placeholder or a real secret found in a request head where it does not belong. */
export interface MisplacedCredential {
  readonly name: string;
  readonly kind: "placeholder" | "secret";
  readonly where: "host" | "target" | "headers";
}

/** Knows all placeholders and secrets of a policy, in all their encoded forms. Built once per policy version. */
export interface CredentialGuard {
  /** The first credential found in this head although this authority is not one of its hosts; null when there is none. Attack rows 92, 105. */
  findMisplaced(head: {
    readonly scheme: "https" | "http";
    readonly authority: Authority;
    readonly target: string;
    readonly headers: readonly HeaderPair[];
  }): MisplacedCredential | null;
}

/** Builds the guard. `secrets` by credential name; may be empty where no values are known (`bottle why`). Throws INVARIANT for a placeholder or secret too short to search. */
export declare function createCredentialGuard(policy: Policy, secrets: ReadonlyMap<string, Secret>): CredentialGuard;

/** True when the credential may be written at this authority. https only. */
export declare function credentialApplies(
  binding: CredentialBinding,
  scheme: "https" | "http",
  authority: Authority,
): boolean;

/** The credentials to write into a request that this rule allowed: none but over inspected https. */
export declare function credentialsFor(
  policy: Policy,
  rule: EgressRule,
  authority: Authority,
): readonly CredentialBinding[];
