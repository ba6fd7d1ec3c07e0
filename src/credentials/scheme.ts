import type { CredentialBinding, CredentialScheme } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { isSafeHeaderValue } from "../core/wire/header-pairs.ts";
import { isLoginField } from "../core/wire/login-names.ts";
import { basic } from "./basic.ts";
import { bearer } from "./bearer.ts";
import { header } from "./header.ts";
import { query } from "./query.ts";
import type { CredentialSlots } from "./slots.ts";

export type { CredentialSlots };

export type CredentialResult =
  | { readonly ok: true; readonly slots: CredentialSlots }
  /** The value cannot be written safely; deny with `credential-unavailable`. Never contains the value. */
  | { readonly ok: false; readonly why: string };

/** Of the fields by which clients log in, those of which a twin is refused wherever it goes. */
const LOGIN_FIELDS: readonly string[] = ["authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"];

/**
 * Writes the credential into its slot after removing `drops`, each instance of the slot and every field by which a
 * client could log in: one that the agent brought would make the request speak for another account (attack row 99).
 * To be called on rebuilt headers, last, over verified https only; one credential for one request (`policyProblems`
 * sees to it). Attack rows 51, 69, 95, 96, 99.
 */
export function applyCredential(binding: CredentialBinding, secret: Secret, slots: CredentialSlots): CredentialResult {
  const value = secret.reveal();
  // A line feed at the end is what `cat file` leaves; it is not ours to guess that it does not belong.
  if (value === "" || !isSafeHeaderValue(value) || value.trim() !== value) {
    return { ok: false, why: `the value of ${binding.name} is empty, or has control characters or outer spaces` };
  }
  const headers = slots.headers.filter(([name]) => !isOverwritten(binding, name));
  const cleaned = { headers, query: slots.query };
  const written = writeScheme(binding.scheme, value, cleaned);
  return written === null ? { ok: false, why: `no such scheme for ${binding.name}` } : { ok: true, slots: written };
}

/** True for a field of the client that does not leave where this credential is written. */
export function isOverwritten({ drops, scheme }: CredentialBinding, field: string): boolean {
  const name = field.toLowerCase();
  return isLoginField(name) || drops.includes(name) || schemeFields(scheme).includes(name);
}

/** Lower-case names of all fields that any of the credentials writes or drops: the `guarded` set of `readRequestHead`. */
export function credentialFields(bindings: readonly CredentialBinding[]): ReadonlySet<string> {
  return new Set([...LOGIN_FIELDS, ...bindings.flatMap(({ drops, scheme }) => [...drops, ...schemeFields(scheme)])]);
}

function schemeFields(scheme: CredentialScheme): readonly string[] {
  switch (scheme.kind) {
    case "bearer":
      return bearer.fields(scheme);
    case "basic":
      return basic.fields(scheme);
    case "header":
      return header.fields(scheme);
    case "query":
      return query.fields(scheme);
  }
}

/** Null for a kind that is not known here: a policy from elsewhere may hold anything. */
function writeScheme(scheme: CredentialScheme, value: string, slots: CredentialSlots): CredentialSlots | null {
  switch (scheme.kind) {
    case "bearer":
      return bearer.write(scheme, value, slots);
    case "basic":
      return basic.write(scheme, value, slots);
    case "header":
      return header.write(scheme, value, slots);
    case "query":
      return query.write(scheme, value, slots);
    default:
      return null;
  }
}
