import type { RuleId } from "./ids.ts";

/** Why a request was decided as it was. Goes to the audit log and, as the only detail, to the agent. */
export type ReasonCode =
  | "allowed"
  | "host-not-listed"
  | "port-not-listed"
  | "scheme-not-listed"
  | "method-not-listed"
  | "path-not-listed"
  | "path-ambiguous"
  | "query-not-listed"
  | "denied-by-rule"
  | "address-not-public"
  | "address-metadata"
  | "address-own"
  | "resolve-failed"
  | "authority-invalid"
  | "authority-mismatch"
  | "request-malformed"
  | "method-refused"
  | "upgrade-refused"
  | "tls-not-seen"
  | "tls-invalid"
  | "body-shape"
  | "body-too-large"
  | "credential-wrong-host"
  | "credential-unavailable"
  | "secret-in-request"
  | "canary-in-request"
  | "token-in-request"
  | "body-unreadable"
  | "foreign-credential"
  | "token-minting"
  | "git-push"
  | "forge-write"
  | "response-encoded"
  | "upstream-tls"
  | "upstream-unreachable"
  | "upstream-timeout"
  | "upstream-malformed"
  | "limit-reached"
  | "policy-expired"
  | "ask-required"
  | "ask-denied"
  | "ask-timeout"
  | "ask-abandoned"
  | "ask-limit"
  | "budget-held"
  | "budget-used"
  | "audit-failed"
  | "closing"
  | "internal-error";

/** The outcome of judging one request. A throw while making one is a deny with `internal-error`. */
export interface Decision {
  /** `ask`: allowed when the operator says yes to it, else denied. */
  readonly verdict: "allow" | "deny" | "ask";
  readonly reason: ReasonCode;
  /** The rule that decided; null when none matched. */
  readonly rule: RuleId | null;
  readonly policyVersion: number;
  /** For the operator only (audit, `why`): what exactly did not fit. Never sent to the agent. */
  readonly detail?: string;
}
