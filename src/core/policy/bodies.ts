import type { BodyRule } from "../model/policy.ts";
import { parseStrictJson } from "../wire/strict-json.ts";
import { messagesProblem } from "./bodies/anthropic-messages.ts";

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

/**
 * Judges a body against its rule: null when it fits, else what does not, with the JSON path (`tools[2].type`).
 * A misfit is denied with `body-shape`; so is everything that cannot be read. Attack row 137.
 */
export function judgeBody(rule: BodyRule, body: RequestBody): { readonly detail: string } | null {
  try {
    const detail = bodyProblem(rule, body);
    // A key of the body may be part of it, and is as long as the client likes.
    return detail === null ? null : { detail: detail.slice(0, 300) };
  } catch {
    return { detail: "the body could not be judged" };
  }
}

function bodyProblem(rule: BodyRule, body: RequestBody): string | null {
  if (body.bytes.length === 0) return ["GET", "HEAD"].includes(body.method) ? null : "no body";
  if (body.method !== "POST") return `a body with ${body.method}`;
  if (!/^application\/json(?:[ \t]*;[ \t]*charset="?utf-8"?)?[ \t]*$/i.test(body.contentType ?? ""))
    return "not application/json";
  if (!/^(?:identity)?$/i.test(body.contentEncoding ?? "")) return "encoded body";
  const json = parseStrictJson(body.bytes);
  if (!json.ok) return `JSON: ${json.why} at ${json.at}`;
  switch (rule.shape) {
    case "anthropic-messages":
      return messagesProblem(body.path, json.value, new Set(rule.allowProviderTools));
    default:
      return `unknown shape ${String(rule.shape)}`;
  }
}
