import { z } from "zod";
import { pathPatternProblem } from "../../policy/paths.ts";
import { KNOWN_METHODS } from "../../wire/request-head.ts";
import { host, judged, port } from "./words.ts";

/** What is never allowed. The only thing about egress that a project's file may say. */
const deny = z.strictObject({
  host: host.describe("As in a rule: an exact name, `*.` and a name, or a literal address."),
  port: port.optional().describe("Default: any."),
  methods: z
    .array(judged((text) => (KNOWN_METHODS.includes(text) ? null : `not one of ${KNOWN_METHODS.join(", ")}`)))
    .min(1)
    .max(16)
    .optional()
    .describe("Methods denied; `GET` stands for `HEAD` too. Default: any."),
  paths: z
    .array(judged((text) => (text.startsWith("/") ? pathPatternProblem(text) : 'a path starts with "/"')))
    .min(1)
    .max(64)
    .optional()
    .describe(
      "Paths denied, as in a rule, and every path that a server could take for one of them: other case, other encoding, slashes at the end. Default: any.",
    ),
});

/** A list of them. */
export const denyList = z.array(deny).max(128);
