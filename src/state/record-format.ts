import { isAbsolute } from "node:path";
import { type BottlePhase, type BottleRecord, END_REASONS } from "../core/model/bottle-record.ts";
import { isName } from "../core/model/ids.ts";
import type { Json } from "../core/model/plan.ts";
import { type Check, type Fields, isFlag, isText, mapOf, orNull } from "../core/plan/checks.ts";
import { isFields } from "../core/plan/fields.ts";

export type ParsedRecord =
  | { readonly ok: true; readonly record: BottleRecord }
  | { readonly ok: false; readonly problem: string };

const PHASES: readonly BottlePhase[] = ["creating", "running", "exited", "failed"];

const isPath: Check = (value) => typeof value === "string" && isAbsolute(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime: Check = (value) => typeof value === "string" && !Number.isNaN(Date.parse(value));

const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const CHECKS: Readonly<Record<keyof BottleRecord, Check>> = {
  schema: (value) => value === 1,
  name: (value) => typeof value === "string" && isName(value),
  agent: isText,
  provider: isText,
  backend: isText,
  phase: (value) => PHASES.some((phase) => phase === value),
  createdAt: isTime,
  endedAt: orNull(isTime),
  exitCode: orNull((value) => isCount(value) && Number(value) <= 255),
  host: (value) => isFields(value) && isCount(value.pid) && isCount(value.startTime) && isText(value.bootId),
  run: isPath,
  handle: (value) => value !== undefined,
  workspace: (value) => isFields(value) && ["clone", "copy", "bind"].includes(String(value.mode)) && isPath(value.host),
  labels: mapOf(isText),
  prompt: absentOr(orNull(isText)),
  endReason: absentOr((value) => END_REASONS.some((reason) => reason === value)),
  terminal: (value) => value === undefined || value === "own" || value === "held" || value === "none",
  detached: (value) => value === undefined || isFlag(value),
  auditHead: orNull((value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value)),
};

/** Reads `record.json`. By hand, not by zod: every verb reads records, and loading zod costs more than the verb. */
export function parseRecord(text: string): ParsedRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "is not JSON" };
  }
  if (!isFields(value)) return { ok: false, problem: "is not an object" };
  if (value.schema !== 1) {
    return { ok: false, problem: `has schema ${JSON.stringify(value.schema)}; this bot-bottle reads schema 1` };
  }
  for (const [key, check] of Object.entries(CHECKS)) {
    if (!check(value[key])) return { ok: false, problem: `has no usable ${key}` };
  }
  return { ok: true, record: value as Fields & BottleRecord };
}

/** The text of `record.json`. */
export function formatRecord(record: BottleRecord): string {
  return formatJson(record as unknown as Json);
}

/** JSON as we keep it on disk: indented, with a final newline. */
function formatJson(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
