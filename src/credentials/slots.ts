import type { HeaderPair } from "../core/wire/header-pairs.ts";

/** The part of a rebuilt request in which credentials live. */
export interface CredentialSlots {
  readonly headers: readonly HeaderPair[];
  /** Without `?`; null when there is none. */
  readonly query: string | null;
}

/** How one kind of credential is written. The slot is overwritten, never searched for, so that the client cannot steer it. */
export interface SchemeWriter<Scheme> {
  /** Lower-case names of the fields that this scheme writes. */
  fields(scheme: Scheme): readonly string[];
  /** Writes the value into slots from which every instance of its own was removed. */
  write(scheme: Scheme, value: string, slots: CredentialSlots): CredentialSlots;
}
