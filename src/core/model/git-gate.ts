/** Who the gate is towards a repository's server; nothing of it is ever inside a bottle. */
export type GateAccess =
  /** `https`: `Authorization: Basic` with this name and the value of `secret` (a `SecretRef`). */
  | { readonly kind: "basic"; readonly username: string; readonly secret: string }
  | { readonly kind: "anonymous" }
  /** `ssh`: the value of `secret` is a private key; the one host key that the server may show. */
  | { readonly kind: "ssh"; readonly secret: string; readonly hostKey: string };

/** Name of the secret that the gate shows the server; null: it comes as nobody. */
export function accessSecret(access: GateAccess): string | null {
  return access.kind === "anonymous" ? null : access.secret;
}

/** A deploy key of one repository, at a Gitea or Forgejo. */
export interface DeployKeyMint {
  readonly kind: "gitea-deploy-key";
  /** Root of its API, without a slash at the end. */
  readonly api: string;
  readonly owner: string;
  readonly repository: string;
  /** False: it can only be read with. */
  readonly write: boolean;
  /** Name of the secret (a `SecretRef`) that may make it; that one is used for nothing else. */
  readonly secret: string;
  /** PEM file that the API is verified against; null: the system's roots. */
  readonly caFile: string | null;
}

/** Tokens of a GitHub App for one repository; `secret` is the app's private key. */
export interface AppTokenMint extends Omit<DeployKeyMint, "kind"> {
  readonly kind: "github-app-token";
  /** Client id or id of the app. */
  readonly app: string;
  readonly installation: number;
}

/** What a forge makes for one bottle, and takes back when the bottle ends. */
export type ForgeMint = DeployKeyMint | AppTokenMint;

/** A repository that the git gate mirrors for one bottle, and what may be pushed there. */
export interface GateRepository {
  /** Key in the manifest, and the name of the mirror. */
  readonly name: string;
  /** As git is given it on the host; without user name where it is https. */
  readonly url: string;
  readonly access: GateAccess;
  /** Where the credential of `access` is made for each bottle; absent: it is the operator's own. */
  readonly mint?: ForgeMint;
  /** PEM file that the server is verified against; null: the system's roots. */
  readonly caFile: string | null;
  /** Branches that may be pushed (`core/gitgate/ref-pattern`); empty: nothing. */
  readonly branches: readonly string[];
  /** Tags that may be pushed. */
  readonly tags: readonly string[];
  /** Paths that no push may change (`core/gitgate/protected-paths`). */
  readonly protect: readonly string[];
  /** How long a push that does is held for the operator's answer, in milliseconds; null: it is refused at once. */
  readonly askMs: number | null;
  /** The same of a push with what looks like a token; absent: it is refused at once. */
  readonly secretsAskMs?: number;
  readonly limits: GateLimits;
  /** How the bottle may call it: prefixes of URLs that its git asks the gate for instead. */
  readonly spellings: readonly string[];
}

export interface GateLimits {
  /** Of one push, as it comes. */
  readonly packBytes: number;
  /** Refs that one push may change. */
  readonly refs: number;
  /** A read or a forwarded push at the server may take so long. */
  readonly seconds: number;
}

/** One ref that a push wants to change. An id of zeros: there is none. */
export interface RefUpdate {
  readonly ref: string;
  readonly from: string;
  readonly to: string;
}

/** Why the gate decided so; `core/gitgate/gate-texts` says each in words. */
export type GateReason =
  | "read-served"
  /** Judged and about to be sent: written before the server hears of it. */
  | "forwarding"
  | "accepted"
  /** Git itself did not take it (fsck, size), or the client left; the hook was never asked. */
  | "never-judged"
  | "ref-refused"
  | "limit-reached"
  | "path-protected"
  /** It waits for the operator; another line says what became of it. */
  | "held"
  | "ask-denied"
  | "ask-timeout"
  | "secret-found"
  | "moved-on"
  | "upstream-refused"
  | "upstream-failed"
  | "internal-error";
