import { z } from "zod";
import { isFixedPath } from "../../plan/home-path.ts";
import { isVariableName } from "../../plan/run-files.ts";
import { parseSize } from "../../plan/sizes.ts";
import { hostPatternProblem } from "../../policy/hosts.ts";
import { NAME_PATTERN } from "../ids.ts";

/** `text` that passes `judge`; `judge` says what is wrong with it, or null. */
export function judged(judge: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const wrong = judge(text);
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
  });
}

/** Name of an agent, bottle or credential. */
export const name = z
  .string()
  .regex(NAME_PATTERN, "a name has 1 to 41 lower-case letters, digits and hyphens, and starts with a letter or digit");
/** Name of an environment variable. */
export const variable = judged((text) => (isVariableName(text) ? null : "not a name for a variable"));
/** A path that means the same wherever it is read. */
export const fixedPath = judged((text) =>
  isFixedPath(text) ? null : 'a path starts with "/" or "~/" and has no ".." in it',
);
/** A number of bytes, as `parseSize` reads it. */
export const size = judged((text) =>
  parseSize(text) === null ? 'a size is a number with K, M, G or T, e.g. "2G"' : null,
);
/** Name of a header. */
export const token = judged((text) =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text) ? null : "not a header name (RFC 9110, 5.6.2)",
);
/** A host pattern of a rule. */
export const host = judged(hostPatternProblem);
/** A TCP port. */
export const port = z.int().min(1).max(65535);

/** Exactly one of the keys of `value` is given. */
export function exactlyOne(value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const keys = Object.keys(value);
  const given = keys.filter((key) => value[key] !== undefined);
  if (given.length !== 1)
    context.addIssue({ code: "custom", message: "exactly one of its keys must be given", input: value });
}
