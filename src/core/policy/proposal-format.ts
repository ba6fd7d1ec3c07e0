import type { Proposal } from "../model/proposal.ts";
import { type Check, isCount, isText, listOf, orNull } from "../plan/checks.ts";
import { isFields } from "../plan/fields.ts";

/** As the gateway makes them: never a way out of a folder. */
const ID = /^[0-9a-f]{8}-[0-9a-z]{1,12}$/;

/** True for the id of a request as a gateway makes it. */
export function isRequestId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

const isTime: Check = (value) => typeof value === "string" && Number.isFinite(Date.parse(value));
const CHECKS: Readonly<Record<keyof Omit<Proposal, "schema" | "asked" | "evidence">, Check>> = {
  id: isRequestId,
  method: isText,
  scheme: (value) => value === "https" || value === "http",
  authority: isText,
  target: isText,
  bytes: isCount,
  sha256: isText,
  contentType: orNull(isText),
  excerpt: isText,
  excerptBytes: isCount,
  reason: isText,
  findings: listOf(isText),
  rule: orNull(isText),
  pack: orNull(isText),
  credentials: listOf(isText),
  createdAt: isTime,
  expiresAt: isTime,
};

/** True for a proposal as this version writes it; its texts are still those of an agent. */
export function isProposal(value: unknown): value is Proposal {
  if (!isFields(value) || !isAsk(value.asked) || !isEvidence(value.evidence)) return false;
  return value.schema === 1 && Object.entries(CHECKS).every(([key, check]) => check(value[key]));
}

function isAsk(value: unknown): boolean {
  return value === undefined || (isFields(value) && isText(value.words) && isCount(value.count));
}

function isEvidence(value: unknown): boolean {
  if (value === undefined) return true;
  return isFields(value) && isCount(value.denied) && orNull(isTime)(value.since) && listOf(isText)(value.firstUse);
}
