import { z } from "zod";
import { FINGERPRINT, LEAK_ACTIONS, LEAK_LEVELS, OPAQUE_BODIES } from "../../policy/leaks.ts";
import { exactlyOne, fixedPath, variable } from "./words.ts";

const action = z
  .enum(LEAK_ACTIONS)
  .optional()
  .describe(
    "`block`: the request is refused and says what was found. `ask`: a token in a body of known length up to 1 MiB, or in a field, waits for you (`bottle approvals`); elsewhere as `block`. `warn`: it is sent, and you are told. `redact`: in a body `*` is sent instead, elsewhere it is refused. Known values and canaries are never sent. Default: `block`; at rules with a `body` shape and those of agents `redact`.",
  );
const opaque = z
  .enum(OPAQUE_BODIES)
  .optional()
  .describe(
    "Bodies that cannot be looked into, such as archives, images, PDF and git packs, by type and first bytes. `deny`: refused, and compressed bodies too. `allow`: sent, and searched as they are. Default: `allow`.",
  );

/** What one rule does. */
export const ruleLeaks = z.strictObject({ action, opaque });

const secret = z
  .strictObject({
    env: variable.optional().describe("A variable of the environment in which `bottle` runs."),
    file: fixedPath.optional().describe("A file; each of its lines is a value."),
  })
  .superRefine(exactlyOne);

/** What is done for the whole bottle. */
export const leaks = z.strictObject({
  action,
  opaque,
  level: z
    .enum(LEAK_LEVELS)
    .optional()
    .describe(
      "`strict`: four formats more are looked for, which err more: any irregular value called a secret, token, password or key, logins in an Authorization header, hashes of passwords. Default: `default`.",
    ),
  allow: z
    .array(z.string().regex(FINGERPRINT, "a fingerprint has 16 hex digits; `bottle audit` shows it"))
    .max(1024)
    .optional()
    .describe("Findings that may leave, by the fingerprint that refusal and audit log name. Default: none."),
  ignore: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "the id of a token format, e.g. `jwt`"))
    .max(256)
    .optional()
    .describe("Ids of token formats that are not looked for. Default: none."),
  secrets: z
    .array(secret)
    .max(64)
    .optional()
    .describe("More values that never leave, of at least 8 bytes each; they are not brought into the bottle."),
  canary: z
    .boolean()
    .optional()
    .describe(
      "A bait lies in the bottle (`~/.aws/credentials`); a request that carries it is refused and you are told. Default: true.",
    ),
});
