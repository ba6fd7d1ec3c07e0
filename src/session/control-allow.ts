import type { Reach } from "../core/inbox/reach.ts";
import { isReviewCode } from "../core/inbox/review.ts";
import { listOf } from "../core/plan/checks.ts";
import { isFields } from "../core/plan/fields.ts";
import { type AllowRequest, SURFACES, type Surface } from "./approval-request.ts";

/** A day: longer is "as long as the bottle runs". */
export const LONGEST_GRANT_MS = 24 * 3_600_000;

/** A yes as another process of the operator sends it; null for what is none. */
export function readAllow(id: string, value: Readonly<Record<string, unknown>>): AllowRequest | null {
  const { scope, forMs = null, review, accepted = [], words = null, reach = null, as } = value;
  const known = scope === "once" || scope === "for" || scope === "bottle" || scope === "persist";
  const time = typeof forMs === "number" && forMs > 0 && forMs <= LONGEST_GRANT_MS;
  if (!known || (scope === "for" ? !time : forMs !== null)) return null;
  if (!isReviewCode(review) || !(words === null || typeof words === "string")) return null;
  if (!listOf((it) => typeof it === "string")(accepted) || !(reach === null || isReach(reach))) return null;
  const ms = time ? Math.round(forMs) : null;
  return { do: "allow", id, scope, forMs: ms, review, accepted: accepted as string[], words, reach, as: surfaceOf(as) };
}

/** Where the operator sits; what is none is taken for the command line. */
export function surfaceOf(value: unknown): Surface {
  return SURFACES.find((surface) => surface === value) ?? "cli";
}

function isReach(value: unknown): value is Reach {
  if (!isFields(value)) return false;
  const { method, scheme, authority, path, pattern } = value;
  const texts = [method, authority, path].every((it) => typeof it === "string");
  return texts && (scheme === "https" || scheme === "http") && typeof pattern === "boolean";
}
