import type { RequestId } from "./ids.ts";

/** Name of a grant, `g-` and the id of the request that was answered. */
export type GrantId = string;

/** How far a yes of the operator reaches: this request; an hour or so; as long as the bottle runs; the manifest as well. */
export type AnswerScope = "once" | "for" | "bottle" | "persist";

/**
 * What the operator allowed since the start: this method, scheme, authority and path, with any query and body.
 * A yes to one request alone is no grant: it ends with that request.
 */
export interface Grant {
  readonly id: GrantId;
  readonly scope: Exclude<AnswerScope, "once">;
  /** Upper case. */
  readonly method: string;
  readonly scheme: "https" | "http";
  /** `host:port`; a name, never an address. */
  readonly authority: string;
  /** Raw, as it was shown; a pattern only with `pattern`. */
  readonly path: string;
  /** An operator made a pattern of it (`bottle edit`); absent: it is the very path. */
  readonly pattern?: true;
  /** The request that was answered. */
  readonly request: RequestId;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Milliseconds since the epoch; from then on it covers nothing. null: as long as the bottle runs. */
  readonly expiresAt: number | null;
}
