import type { PathPattern } from "../../model/policy.ts";

/** What one host of a pack is asked for. */
export interface PackPlace {
  readonly host: string;
  /** `https` (port 443) unless said otherwise; `http` is port 80. */
  readonly scheme?: "https" | "http";
  /** Anchored patterns; absent: any path. */
  readonly paths?: readonly PathPattern[];
  /** Paths that are left out although `paths` fits them. */
  readonly except?: readonly PathPattern[];
  /** Exact queries, or `any`. Absent: none at all. */
  readonly queries?: readonly string[] | "any";
  /** Ids of the token formats of which a signed query consists, as a redirect to this place has it: they are no leak. */
  readonly signed?: readonly string[];
  /** Clients write `%2f` or `%7e` in these paths. */
  readonly encoded?: boolean;
  /** Asked by POST with a body up to this size in bytes. Absent: GET and HEAD, without a body. */
  readonly postBytes?: number;
}

/** Ready-made rules with which one kind of client can read and not write. */
export interface RulePack {
  readonly name: string;
  /** What works with it, in a few words. */
  readonly allows: string;
  /** What stays refused, in a few words. */
  readonly refuses: string;
  readonly places: readonly PackPlace[];
  /** What the operator should know before it is used. */
  readonly risks: readonly string[];
}
