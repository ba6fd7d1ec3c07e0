import { z } from "zod";
import { isFixedPath } from "../plan/home-path.ts";
import { isVariableName } from "../plan/run-files.ts";
import { parseSize } from "../plan/sizes.ts";
import { hostPatternProblem, splitHostPort } from "../policy/hosts.ts";
import { pathPatternProblem } from "../policy/paths.ts";
import type { AgentDefinition, BottleDefinition, ManifestFile } from "./definition.ts";
import { NAME_PATTERN } from "./ids.ts";

/**
 * The one schema of a manifest file. Everything is strict: what it does not name is an error. docs/manifest.md and
 * docs/bot-bottle.schema.json are generated from it, so every key carries its description here.
 * Loaded only when there is a manifest file: zod costs about 60 ms.
 */

/** `text` that passes `judge`; `judge` says what is wrong with it, or null. */
function judged(judge: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const wrong = judge(text);
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
  });
}

const name = z
  .string()
  .regex(NAME_PATTERN, "a name has 1 to 41 lower-case letters, digits and hyphens, and starts with a letter or digit");
const variable = judged((text) => (isVariableName(text) ? null : "not a name for a variable"));
const fixedPath = judged((text) => (isFixedPath(text) ? null : 'a path starts with "/" or "~/" and has no ".." in it'));
const size = judged((text) => (parseSize(text) === null ? 'a size is a number with K, M, G or T, e.g. "2G"' : null));
const token = judged((text) =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text) ? null : "not a header name (RFC 9110, 5.6.2)",
);
const host = judged(hostPatternProblem);
const port = z.int().min(1).max(65535);

const envObject = z.strictObject({
  value: z.string().max(32_768).describe(`As the short form: a literal, \`\${NAME}\` or \`?question\`.`),
  expose: z
    .boolean()
    .optional()
    .describe(
      "The agent may read this value although it looks like a secret. Default: false, and the start is refused.",
    ),
});

const env = z.union([z.string().max(32_768), envObject], {
  error: 'expected text, or {"value": text, "expose": true}',
});

const dial = z
  .strictObject({
    address: z
      .union([z.ipv4(), z.ipv6()], { error: "a literal IPv4 or IPv6 address" })
      .optional()
      .describe("Literal IPv4 or IPv6 address to connect to. Never a metadata address."),
    port: port.optional().describe("TCP port at `address`."),
    unix: fixedPath.optional().describe("Path of a unix socket, instead of `address` and `port`."),
    ca: fixedPath
      .optional()
      .describe("PEM file with the certificates that the server is verified against. Default: the system's."),
  })
  .superRefine((value, context) => {
    const tcp = value.address !== undefined && value.port !== undefined;
    const some = value.address !== undefined || value.port !== undefined;
    if (value.unix === undefined ? !tcp : some) {
      context.addIssue({ code: "custom", message: "give either `address` and `port`, or `unix`" });
    }
  });

const method = z.string().regex(/^[A-Z]{1,20}$/, 'a method in capital letters, e.g. "GET"');

const body = z.strictObject({
  shape: z
    .enum(["anthropic-messages"])
    .describe("`anthropic-messages`: the strict JSON of a request to a Claude model."),
  allowProviderTools: z
    .array(z.string().regex(/^[a-z0-9_]{1,64}$/, "a type of tool such as web_search"))
    .max(32)
    .optional()
    .describe(
      "Tools that run at the provider and may be used, e.g. `web_search`. Each is internet through the provider. Default: none.",
    ),
});

const rule = z
  .strictObject({
    host: host.describe("An exact name, `*.` and a name (any name below it, not itself), or a literal address."),
    port: port.optional().describe("Default: 443, or 80 for `http`."),
    scheme: z.enum(["https", "http"]).optional().describe("Default: `https`."),
    mode: z
      .enum(["inspect", "splice"], { error: modeError })
      .optional()
      .describe(
        "`inspect` (default): the gateway ends TLS and judges each request. `splice`: it checks the name and never looks inside; no credential.",
      ),
    methods: z.array(method).min(1).max(16).optional().describe("Methods allowed. Default: any."),
    paths: z
      .array(judged(pathPatternProblem))
      .min(1)
      .max(256)
      .optional()
      .describe("Paths allowed, anchored: `/v1/messages` is exact, `/v1/*` is anything below. Default: any."),
    credential: name
      .optional()
      .describe("Name of the credential written into these requests; decides when several claim the host."),
    websocket: z.boolean().optional().describe("WebSocket upgrades are allowed. Default: false."),
    maxRequestBytes: z
      .int()
      .min(0)
      .optional()
      .describe("Greatest size of a request body in bytes. Default: the gateway's own cap."),
    body: body.optional().describe("What a request body must look like."),
    dial: dial
      .optional()
      .describe(
        "Where to connect instead of what the name resolves to; counts for every rule of this host and port. The TLS name stays `host`.",
      ),
  })
  .superRefine((value, context) => {
    const wrong = (key: keyof typeof value, message: string) =>
      context.addIssue({ code: "custom", path: [key], message });
    if (value.mode === "splice") {
      for (const key of ["methods", "paths", "credential", "body", "maxRequestBytes"] as const) {
        if (value[key] !== undefined)
          wrong(key, `a spliced connection is not looked into, so \`${key}\` has no meaning there`);
      }
      if (value.websocket === true)
        wrong("websocket", "a spliced connection is not looked into, so `websocket` has no meaning there");
      if (value.scheme === "http") wrong("mode", "only https can be spliced");
    }
    if (value.scheme === "http" && value.credential !== undefined) {
      wrong("credential", "a credential is written over https only");
    }
  });

function modeError(issue: { readonly input: unknown }): string {
  return issue.input === "tcp"
    ? '"tcp" is not in this version of bot-bottle: there is "inspect" and "splice"'
    : 'expected "inspect" or "splice"';
}

/** Exactly one of the keys of `value` is given. */
function exactlyOne(value: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const keys = Object.keys(value);
  const given = keys.filter((key) => value[key] !== undefined);
  if (given.length !== 1)
    context.addIssue({ code: "custom", message: "exactly one of its keys must be given", input: value });
}

const source = z
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

const credential = z.strictObject({
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

const limits = z.strictObject({
  memory: size.optional().describe("Memory of all processes together, e.g. `2G`. Default: `4G`."),
  cpus: z.number().min(0.05).max(1024).optional().describe("Processors, whole or part. Default: 2."),
  pids: z.int().min(16).max(1_000_000).optional().describe("Processes and threads at a time. Default: 1024."),
  tmp: size.optional().describe("Size of /tmp, which lies in memory. Default: `512M`."),
});

const bottle = z.strictObject({
  backend: name.optional().describe("What the bottle is made with. Default: `bubblewrap`."),
  workspace: z
    .enum(["copy", "bind"])
    .optional()
    .describe(
      "`copy` (default): the agent works on a private copy. `bind`: in the folder itself, through which it can run code as you. Not in the bottle `default`.",
    ),
  env: z
    .record(
      variable,
      env.describe(`A literal; \`\${NAME}\` copies a variable of the host; \`?question\` asks at start.`),
    )
    .optional()
    .describe("Variables of the bottle."),
  egress: z
    .strictObject({
      rules: z
        .array(rule)
        .max(512)
        .optional()
        .describe("What may be reached. Nothing listed: only what the agent itself needs."),
    })
    .optional()
    .describe("The way out."),
  credentials: z
    .record(name, credential)
    .optional()
    .describe("Secrets that the gateway writes into requests; they never enter the bottle."),
  limits: limits.optional().describe("What the bottle may use of this machine."),
});

/** An argument takes at most 128 KiB (MAX_ARG_STRLEN, execve(2)), and a character may take four bytes. */
const LONGEST_ARGUMENT = 30_000;

const agent = z.strictObject({
  provider: name.optional().describe("The built-in agent that it builds on. Default: the one of the same name."),
  command: fixedPath
    .optional()
    .describe("The agent's program on this host. Default: the one that is installed, else a pinned package."),
  bottle: name.optional().describe("The bottle definition it runs in. Default: `default`."),
  prompt: z.string().max(LONGEST_ARGUMENT).optional().describe("Standing instructions for the agent."),
  args: z
    .array(z.string().max(LONGEST_ARGUMENT))
    .max(64)
    .optional()
    .describe("Arguments passed to the agent's program as they are."),
});

export const manifestSchema = z
  .strictObject({
    $schema: z.string().max(1024).optional().describe("For editors; not read."),
    bottles: z
      .record(name, bottle)
      .optional()
      .describe("Kinds of bottles, by name. `default` is for agents that name none."),
    agents: z.record(name, agent).optional().describe("Agents, by name: what is typed after `bottle start`."),
  })
  .describe("A manifest of bot-bottle: JSON with comments and trailing commas.") satisfies z.ZodType<ManifestFile>;

/** Checks one bottle definition of a file. */
export const bottleSchema: z.ZodType<BottleDefinition> = bottle;
/** Checks one agent definition of a file. */
export const agentSchema: z.ZodType<AgentDefinition> = agent;
