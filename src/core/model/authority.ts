/**
 * Where a request goes, parsed once by `core/wire/authority`. Policy, audit and dialler share this
 * record, so that no two parsers can disagree about it (attack row 20).
 */
export interface Authority {
  /** Lower-case A-label name without trailing dot, or the canonical text of an IP literal (IPv6 without brackets). */
  readonly host: string;
  readonly kind: "name" | "ipv4" | "ipv6";
  /** 1 to 65535. */
  readonly port: number;
}
