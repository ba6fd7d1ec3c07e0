import type { CredentialBinding } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import type { HeaderPair } from "../core/wire/header-pairs.ts";

/** The part of a rebuilt request in which credentials live. */
export interface CredentialSlots {
  readonly headers: readonly HeaderPair[];
  /** Without `?`; null when there is none. */
  readonly query: string | null;
}

export type CredentialResult =
  | { readonly ok: true; readonly slots: CredentialSlots }
  /** The value cannot be written safely; deny with `credential-unavailable`. Never contains the value. */
  | { readonly ok: false; readonly why: string };

/**
 * Writes the credential into its slot after removing `drops`, every other credential field and each instance of the slot.
 * To be called on rebuilt headers, last, over verified https only. Attack rows 51, 69, 95, 96, 99.
 */
export declare function applyCredential(
  binding: CredentialBinding,
  secret: Secret,
  slots: CredentialSlots,
): CredentialResult;

/** Lower-case names of all fields that any of the credentials writes or drops: the `guarded` set of `readRequestHead`. */
export declare function credentialFields(bindings: readonly CredentialBinding[]): ReadonlySet<string>;
