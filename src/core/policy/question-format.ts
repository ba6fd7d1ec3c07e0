import type { Question } from "../model/question.ts";
import { type Check, isCount, isText, listOf, orNull } from "../plan/checks.ts";
import { isFields } from "../plan/fields.ts";
import { isRequestId } from "./proposal-format.ts";

const isTime: Check = (value) => typeof value === "string" && Number.isFinite(Date.parse(value));
const CHECKS: Readonly<Record<keyof Omit<Question, "schema">, Check>> = {
  id: isRequestId,
  kind: (value) => value === "capability" || value === "review" || value === "budget",
  words: isText,
  evidence: listOf(isText),
  count: isCount,
  createdAt: isTime,
  expiresAt: orNull(isTime),
};

/** True for a question as this version writes it; its words are still those of an agent. */
export function isQuestion(value: unknown): value is Question {
  return isFields(value) && value.schema === 1 && Object.entries(CHECKS).every(([key, check]) => check(value[key]));
}
