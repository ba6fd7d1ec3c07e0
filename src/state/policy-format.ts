import { isAbsolute } from "node:path";
import type { Policy } from "../core/model/policy.ts";
import { isFields } from "../core/plan/fields.ts";
import { LEAK_ACTIONS, OPAQUE_BODIES } from "../core/policy/leaks.ts";
import { policyProblems } from "../core/policy/validate.ts";
import { type Check, type Fields, isFlag, isText, listOf, orNull } from "./checks.ts";

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  /** `problem` is half a sentence about the file. */
  | { readonly ok: false; readonly problem: string };

const isNumber: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const one =
  (...words: readonly unknown[]): Check =>
  (value) =>
    words.includes(value);
const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));
/** Exactly these keys: what this version does not know might deny something. */
const object =
  (checks: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value) =>
    isFields(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key) || Object.hasOwn(optional, key)) &&
    Object.entries(checks).every(([key, check]) => Object.hasOwn(value, key) && check(value[key])) &&
    Object.entries(optional).every(([key, check]) => !Object.hasOwn(value, key) || check(value[key]));

const caPem = orNull(isText);
const isPath: Check = (value) => typeof value === "string" && isAbsolute(value);
const dial = either(
  object({ kind: one("tcp"), address: isText, port: isNumber, caPem }),
  object({ kind: one("unix"), path: isPath, caPem }),
);
const rule = object(
  {
    id: isText,
    source: one("agent", "operator", "project", "cli", "pack", "demo"),
    host: isText,
    port: isNumber,
    scheme: one("https", "http"),
    mode: one("inspect", "splice"),
    methods: orNull(listOf(isText)),
    paths: orNull(listOf(isText)),
    body: orNull(object({ shape: one("anthropic-messages"), allowProviderTools: listOf(isText) })),
    websocket: isFlag,
    maxRequestBytes: orNull(isNumber),
    dial: orNull(dial),
  },
  {
    cookies: one("drop", "pass"),
    terms: object({ queries: orNull(listOf(isText)), except: listOf(isText), encoded: isFlag }),
    leaks: object(
      { action: orNull(one(...LEAK_ACTIONS)), opaque: orNull(one(...OPAQUE_BODIES)) },
      { ignore: listOf(isText) },
    ),
    ask: one(true),
  },
);
const denial = object({
  id: isText,
  source: one("operator", "project"),
  host: isText,
  port: orNull(isNumber),
  methods: orNull(listOf(isText)),
  paths: orNull(listOf(isText)),
});
const scheme = either(
  object({ kind: one("bearer") }),
  object({ kind: one("basic"), username: isText }),
  object({ kind: one("header"), header: isText, prefix: isText }),
  object({ kind: one("query"), parameter: isText }),
);
const credential = object({
  name: isText,
  scheme,
  hosts: listOf(isText),
  placeholder: isText,
  drops: listOf(isText),
});
const grant = object({
  id: isText,
  scope: one("for", "bottle", "persist"),
  method: isText,
  scheme: one("https", "http"),
  authority: isText,
  path: isText,
  request: isText,
  createdAt: isNumber,
  expiresAt: orNull(isNumber),
});
const CHECKS: Readonly<Record<string, Check>> = {
  version: isNumber,
  rules: listOf(rule),
  deny: listOf(denial),
  credentials: listOf(credential),
};
/** What a policy may say besides. */
const OPTIONAL: Readonly<Record<string, Check>> = {
  leaks: object({
    action: one(...LEAK_ACTIONS),
    opaque: one(...OPAQUE_BODIES),
    allow: listOf(isText),
    ignore: listOf(isText),
  }),
  canaries: listOf(object({ name: isText, values: listOf(isText) })),
  ask: object({ unlisted: isFlag, timeoutMs: isNumber }),
  grants: listOf(grant),
};

/**
 * Reads `policy.json`, strictly: a key that this version does not know is a problem, since what it says would not be
 * obeyed. One that was written before there were rules that deny has none.
 */
export function parsePolicy(text: string): ParsedPolicy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: "is not JSON" };
  }
  if (!isFields(value)) return { ok: false, problem: "is not an object" };
  const fields: Fields = { deny: [], ...value };
  const known = { ...CHECKS, ...OPTIONAL };
  const unknown = Object.keys(fields).find((key) => !Object.hasOwn(known, key));
  if (unknown !== undefined) return { ok: false, problem: "holds what this bot-bottle does not know" };
  const wrong = Object.entries(known).find(
    ([key, check]) => (Object.hasOwn(CHECKS, key) || Object.hasOwn(fields, key)) && !check(fields[key]),
  );
  if (wrong !== undefined) return { ok: false, problem: `has no usable ${wrong[0]}` };
  const policy = fields as unknown as Policy;
  const [problem] = policyProblems(policy);
  return problem === undefined ? { ok: true, policy } : { ok: false, problem: `is not valid: ${problem.path}` };
}
