import type { BodyRule } from "../model/policy.ts";

/** A whole request body at a host with a body rule, to be judged before anything is forwarded. */
export interface RequestBody {
  readonly method: string;
  /** Raw path component. */
  readonly path: string;
  /** Values of the fields; null when absent. */
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly bytes: Uint8Array;
}

/** Judges a body against its rule: null when it fits, else what does not, with the JSON path (`tools[2].type`). Deny with `body-shape`. Attack row 137. */
export declare function judgeBody(rule: BodyRule, body: RequestBody): { readonly detail: string } | null;
