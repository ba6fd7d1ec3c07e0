import type { Policy } from "../model/policy.ts";
import { type Check, type Fields, isCount, isFlag, isText, listOf, objectOf, oneOf, orNull } from "../plan/checks.ts";
import { isFields } from "../plan/fields.ts";
import { LEAK_ACTIONS, LEAK_LEVELS, OPAQUE_BODIES } from "./leaks.ts";
import { policyProblems } from "./validate.ts";

export type ParsedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  /** `problem` is half a sentence about the file. */
  | { readonly ok: false; readonly problem: string };

const either =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

const caPem = orNull(isText);
const isPath: Check = (value) => typeof value === "string" && value.startsWith("/");
const dial = either(
  objectOf({ kind: oneOf("tcp"), address: isText, port: isCount, caPem }),
  objectOf({ kind: oneOf("unix"), path: isPath, caPem }),
);
const rule = objectOf(
  {
    id: isText,
    source: oneOf("agent", "operator", "project", "cli", "pack", "demo"),
    host: isText,
    port: isCount,
    scheme: oneOf("https", "http"),
    mode: oneOf("inspect", "splice"),
    methods: orNull(listOf(isText)),
    paths: orNull(listOf(isText)),
    body: orNull(objectOf({ shape: oneOf("anthropic-messages"), allowProviderTools: listOf(isText) })),
    websocket: isFlag,
    maxRequestBytes: orNull(isCount),
    dial: orNull(dial),
  },
  {
    cookies: oneOf("drop", "pass"),
    terms: objectOf({ queries: orNull(listOf(isText)), except: listOf(isText), encoded: isFlag }),
    leaks: objectOf(
      { action: orNull(oneOf(...LEAK_ACTIONS)), opaque: orNull(oneOf(...OPAQUE_BODIES)) },
      { ignore: listOf(isText) },
    ),
    ask: oneOf(true),
  },
);
const denial = objectOf({
  id: isText,
  source: oneOf("operator", "project"),
  host: isText,
  port: orNull(isCount),
  methods: orNull(listOf(isText)),
  paths: orNull(listOf(isText)),
});
const scheme = either(
  objectOf({ kind: oneOf("bearer") }),
  objectOf({ kind: oneOf("basic"), username: isText }),
  objectOf({ kind: oneOf("header"), header: isText, prefix: isText }),
  objectOf({ kind: oneOf("query"), parameter: isText }),
);
const credential = objectOf({
  name: isText,
  scheme,
  hosts: listOf(isText),
  placeholder: isText,
  drops: listOf(isText),
});
const grant = objectOf(
  {
    id: isText,
    scope: oneOf("for", "bottle", "persist"),
    method: isText,
    scheme: oneOf("https", "http"),
    authority: isText,
    path: isText,
    request: isText,
    createdAt: isCount,
    expiresAt: orNull(isCount),
  },
  { pattern: oneOf(true) },
);
const CHECKS: Readonly<Record<string, Check>> = {
  version: isCount,
  rules: listOf(rule),
  deny: listOf(denial),
  credentials: listOf(credential),
};
/** What a policy may say besides. */
const OPTIONAL: Readonly<Record<string, Check>> = {
  leaks: objectOf(
    {
      action: oneOf(...LEAK_ACTIONS),
      opaque: oneOf(...OPAQUE_BODIES),
      allow: listOf(isText),
      ignore: listOf(isText),
    },
    { level: oneOf(...LEAK_LEVELS) },
  ),
  canaries: listOf(objectOf({ name: isText, values: listOf(isText) })),
  ask: objectOf({ unlisted: isFlag, timeoutMs: isCount }),
  grants: listOf(grant),
  models: oneOf("open", "held", "closed"),
};

/**
 * Reads `policy.json`, strictly: a key that this version does not know is a problem, since what it says would not be
 * obeyed. One that was written before there were rules that deny has none.
 */
export function parsePolicy(text: string): ParsedPolicy {
  try {
    return readPolicyValue(JSON.parse(text));
  } catch {
    return { ok: false, problem: "is not JSON" };
  }
}

/** As `parsePolicy`, of JSON that was parsed already. */
export function readPolicyValue(value: unknown): ParsedPolicy {
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
