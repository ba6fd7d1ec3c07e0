import { isAbsolute } from "node:path";
import type { NamedFile } from "../core/model/definition.ts";
import { isFields } from "../core/plan/fields.ts";
import type { TrustedSet } from "../core/plan/trust.ts";

/** One file of the trust folder. */
export interface TrustRecord extends TrustedSet {
  readonly schema: 1;
  /** ISO 8601. */
  readonly trustedAt: string;
}

export type ParsedTrust =
  | { readonly ok: true; readonly record: TrustRecord }
  | { readonly ok: false; readonly problem: string };

const HASH = /^[0-9a-f]{64}$/;

/** Reads a trust record; whatever is not exactly one is none. By hand: a start without a manifest loads no zod. */
export function parseTrust(text: string): ParsedTrust {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "is not JSON" };
  }
  if (!isFields(value)) return { ok: false, problem: "is not an object" };
  const { schema, project, manifest, files, trustedAt, ...rest } = value;
  if (schema !== 1) return { ok: false, problem: "has another schema than 1, which this bot-bottle reads" };
  if (Object.keys(rest).length > 0) return { ok: false, problem: "holds more than a record does" };
  if (typeof project !== "string" || !isAbsolute(project)) return { ok: false, problem: "has no usable project" };
  if (typeof manifest !== "string" || !HASH.test(manifest)) return { ok: false, problem: "has no usable manifest" };
  if (typeof trustedAt !== "string" || Number.isNaN(Date.parse(trustedAt)))
    return { ok: false, problem: "has no usable trustedAt" };
  if (!isFields(files) || !Object.values(files).every(isNamedFile))
    return { ok: false, problem: "has no usable files" };
  return { ok: true, record: { schema, project, manifest, files: files as Record<string, NamedFile>, trustedAt } };
}

/** The text of a trust record. */
export function formatTrust(record: TrustRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

function isNamedFile(value: unknown): boolean {
  return (
    isFields(value) &&
    Object.keys(value).length === 2 &&
    typeof value.sha256 === "string" &&
    HASH.test(value.sha256) &&
    typeof value.executable === "boolean"
  );
}
