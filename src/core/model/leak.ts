/** What is done with a request in which something was found. `ask` is `block` as long as nobody can be asked. */
export type LeakAction = "block" | "ask" | "warn" | "redact";

/** Which token formats are looked for. `strict` finds more and errs more: names such as `token` before irregular values. */
export type LeakLevel = "default" | "strict";

/** One place that holds a secret or looks as if it did. Never the secret itself. */
export interface LeakFinding {
  /** `known`: a declared value of this bottle; `canary`: the bait that was placed in it; `pattern`: a token format. */
  readonly kind: "known" | "canary" | "pattern";
  /** Name of the credential, of the canary, or id of the token format. */
  readonly name: string;
  /** The same for every sighting of one token, 16 hex digits; null for known values and canaries, which have a name. */
  readonly fingerprint: string | null;
  /** Encodings taken off before it was found, outermost first, e.g. `["gzip", "base64"]`; empty: as it is. */
  readonly through: readonly string[];
  /** Where it stands in the bytes scanned, encoding included: from `start` up to, not including, `end`. */
  readonly start: number;
  readonly end: number;
}

/** What the log says of a finding: enough to find and to allow it, never the secret. */
export interface AuditFinding {
  readonly kind: LeakFinding["kind"];
  readonly name: string;
  readonly fingerprint: string | null;
  /** `host`, `path`, `query`, `header NAME`, `body`, `message`, or `head` where it stands over several of these. */
  readonly where: string;
  readonly through: readonly string[];
  /** What was done: `blocked` or `masked`; `warned` when it left; `asked` when it leaves only after a yes. */
  readonly action: "blocked" | "masked" | "warned" | "asked";
}
