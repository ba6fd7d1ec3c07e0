import type { Grant } from "./grant.ts";
import type { RuleId } from "./ids.ts";
import type { LeakAction, LeakLevel } from "./leak.ts";

/** A path pattern: matches the raw path component, anchored. `/v1/messages` is exact, `/v1/*` any path below `/v1/`. */
export type PathPattern = string;

/** Where a rule came from, so that `why` and the plan can say it. */
export type RuleSource = "agent" | "operator" | "project" | "cli" | "pack" | "demo" | "grant";

/**
 * What a body must look like at a model host. Through provider-side tools, MCP servers and URL sources the
 * provider would fetch any URL for the agent (attack row 137), so these are denied unless listed.
 */
export interface BodyRule {
  readonly shape: "anthropic-messages";
  /** Provider-side features that are permitted all the same, e.g. `web_search`; `plan` calls each "internet through the provider". */
  readonly allowProviderTools: readonly string[];
}

/** Where to connect instead of the resolved address (operator's file only; the TLS name stays the rule's host). */
export type DialTarget =
  | { readonly kind: "tcp"; readonly address: string; readonly port: number; readonly caPem: string | null }
  | { readonly kind: "unix"; readonly path: string; readonly caPem: string | null };

/** What a rule pack says beside host, method and path, since it knows its clients. Every other rule has none. */
export interface PackTerms {
  /** Queries allowed, each the whole text behind the `?`, and one of them is needed; empty: no query at all; null: any. */
  readonly queries: readonly string[] | null;
  /** Paths that are not meant although `paths` fits them. */
  readonly except: readonly PathPattern[];
  /** Clients encode what needs no encoding (`%2f`, `%7e`): such a path is allowed when the rule fits each of its readings. */
  readonly encoded: boolean;
}

/** One listed way out. Everything that no rule lists is denied. */
export interface EgressRule {
  readonly id: RuleId;
  readonly source: RuleSource;
  /** An exact A-label name, `*.` followed by a name (one or more whole left labels, never the apex), or an IP literal. */
  readonly host: string;
  readonly port: number;
  readonly scheme: "https" | "http";
  /** `inspect` ends TLS at the gateway; `splice` checks the ClientHello and never decrypts. */
  readonly mode: "inspect" | "splice";
  /** Upper-case methods; null means any method that the gateway knows. Always null for `splice`. */
  readonly methods: readonly string[] | null;
  /** null means any path. Always null for `splice`. */
  readonly paths: readonly PathPattern[] | null;
  readonly body: BodyRule | null;
  /** WebSocket upgrades are refused unless this is true. */
  readonly websocket: boolean;
  /** Greatest request body in bytes; null is the gateway's own cap. */
  readonly maxRequestBytes: number | null;
  readonly dial: DialTarget | null;
  /** `Set-Cookie` of answers; absent: dropped where a credential is written, passed elsewhere. */
  readonly cookies?: "drop" | "pass";
  readonly terms?: PackTerms;
  /** Each request that it fits needs the operator's yes, whatever else allows it. Never for `splice`. */
  readonly ask?: true;
  /** Absent: as the policy says. */
  readonly leaks?: RuleLeaks;
}

/** Bodies that cannot be looked into: archives, images, packs and other binary data. */
export type OpaqueBodies = "allow" | "deny";

/** What one rule says of secrets in what leaves; null: as the policy says. */
export interface RuleLeaks {
  readonly action: LeakAction | null;
  readonly opaque: OpaqueBodies | null;
  /** Token formats that are not looked for, besides those of the policy. Absent: none. */
  readonly ignore?: readonly string[];
}

/**
 * What is done where something looks like a secret in what leaves. Known values and canaries are blocked whatever this
 * says.
 */
export interface LeakTerms {
  readonly action: LeakAction;
  readonly opaque: OpaqueBodies;
  /** Fingerprints of findings that may leave. */
  readonly allow: readonly string[];
  /** Ids of token formats that are not looked for. */
  readonly ignore: readonly string[];
  /** `strict`: formats that err more are looked for too. Absent: `default`. */
  readonly level?: LeakLevel;
}

/** Values placed in the bottle that nothing there has a use for: who sends one took it (attack rows 105 to 109). */
export interface Canary {
  readonly name: string;
  readonly values: readonly string[];
}

/** What is never allowed, whatever a rule says; hosts match as in a rule, paths as a lax server would read them. */
export interface DenyRule {
  readonly id: RuleId;
  /** A project's file may only deny. */
  readonly source: "operator" | "project";
  readonly host: string;
  /** null: any port. */
  readonly port: number | null;
  /** Upper-case methods; null: any. `GET` stands for `HEAD` too. */
  readonly methods: readonly string[] | null;
  /** null: any path. */
  readonly paths: readonly PathPattern[] | null;
}

/** How a credential is written into a request. The slot is overwritten, never searched for. */
export type CredentialScheme =
  | { readonly kind: "bearer" }
  | { readonly kind: "basic"; readonly username: string }
  | { readonly kind: "header"; readonly header: string; readonly prefix: string }
  | { readonly kind: "query"; readonly parameter: string };

/** A credential as the policy sees it: where it goes, and what stands for it inside. Never its value. */
export interface CredentialBinding {
  readonly name: string;
  readonly scheme: CredentialScheme;
  /** Host patterns as in `EgressRule.host`, each with `:port` optional (443 when absent). https only. */
  readonly hosts: readonly string[];
  /** Random per bottle, shaped like the real thing; the only form that ever enters the bottle. */
  readonly placeholder: string;
  /** Headers (lower case) removed from the request before the slot is written, e.g. the other header of the same provider. */
  readonly drops: readonly string[];
}

/** How requests are held for the operator. */
export interface AskTerms {
  /** Those that no rule lists are asked about too, instead of denied. */
  readonly unlisted: boolean;
  /** How long one waits for an answer, in milliseconds; then it is denied. */
  readonly timeoutMs: number;
}

/** What becomes of requests that a model answers: `held` until a newer policy says another word, or `closed`. */
export type ModelAccess = "open" | "held" | "closed";

/** An immutable, versioned snapshot. Written by the bottle's host process only. */
export interface Policy {
  readonly version: number;
  readonly rules: readonly EgressRule[];
  /** Goes before every rule. */
  readonly deny: readonly DenyRule[];
  readonly credentials: readonly CredentialBinding[];
  /** Absent: as `core/policy/leaks` has it. */
  readonly leaks?: LeakTerms;
  readonly canaries?: readonly Canary[];
  /** Absent: only rules that say so ask, and 60 s long. */
  readonly ask?: AskTerms;
  /** What the operator allowed since; each holds its own end. */
  readonly grants?: readonly Grant[];
  /** Absent: nobody counts what models are used for, and they are open. */
  readonly models?: ModelAccess;
}
