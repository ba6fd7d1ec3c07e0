import { z } from "zod";
import { isFixedPath } from "../../plan/home-path.ts";
import { splitHostPort } from "../../policy/hosts.ts";
import { exactlyOne, fixedPath, judged, token, variable } from "./words.ts";

/** Where a secret is found. */
export const source = z
  .strictObject({
    env: variable.optional().describe("A variable of the environment in which `bottle` runs."),
    file: fixedPath.optional().describe("A file; its whole text without the final newline is the value."),
    command: z
      .array(z.string().max(4096))
      .min(1)
      .max(64)
      .optional()
      .describe(
        "A program (by its path) and its arguments, run without a shell for at most 10 s; what it prints is the value.",
      ),
  })
  .superRefine((value, context) => {
    exactlyOne(value, context);
    const program = value.command?.[0];
    if (program !== undefined && !isFixedPath(program)) {
      context.addIssue({
        code: "custom",
        path: ["command", 0],
        message: 'a program is named by its path, from "/" or "~/"',
      });
    }
  });

const schemeObject = z
  .strictObject({
    basic: z
      .strictObject({
        username: z
          .string()
          .max(256)
          .regex(/^[^:\x00-\x1f\x7f]*$/, "no colon (RFC 7617, 2)")
          .describe("User name; the secret is the password."),
      })
      .optional()
      .describe("`Authorization: Basic`, as git and many registries want it."),
    header: z
      .strictObject({
        name: token.describe("Name of the header, e.g. `x-api-key`."),
        prefix: z
          .string()
          .max(64)
          .regex(/^[\x20-\x7e]*$/, "printable ASCII")
          .optional()
          .describe("Text before the secret. Default: none."),
      })
      .optional()
      .describe("A header of its own."),
    query: z
      .strictObject({
        parameter: z
          .string()
          .regex(/^[A-Za-z0-9._~-]{1,64}$/, "letters, digits and ._~-")
          .describe("Name of the parameter."),
      })
      .optional()
      .describe("A parameter of the query."),
  })
  .superRefine(exactlyOne);

/** A secret of the operator: where it is found, where it may go, how it is written. */
export const credential = z.strictObject({
  source: source.describe("Where the value is found on this host, each time a bottle starts."),
  hosts: z
    .array(judged((text) => (splitHostPort(text) === null ? "a host, or host:port" : null)))
    .min(1)
    .max(64)
    .describe(
      "Where it may go, https only: hosts as in a rule, with `:port` when it is not 443. Listing a host here does not allow it: a rule does.",
    ),
  scheme: z
    .union([z.literal("bearer"), schemeObject], {
      error: 'expected "bearer", {"basic": ...}, {"header": ...} or {"query": ...}',
    })
    .describe("How it is written into a request: `bearer`, or an object with one of `basic`, `header`, `query`."),
  variable: variable
    .optional()
    .describe("Variable of the bottle that holds the placeholder, so that programs believe they are logged in."),
  placeholder: z
    .string()
    .regex(/^(?:[^x]*x){16}[\x21-\x7e]*$/, "at least 16 letters x, which become random, and no spaces")
    .max(4096)
    .optional()
    .describe("Shape of the placeholder, as long as the real value: each `x` becomes a random letter or digit."),
  drops: z
    .array(token)
    .max(16)
    .optional()
    .describe("Headers that are taken out of a request before the credential is written."),
});
