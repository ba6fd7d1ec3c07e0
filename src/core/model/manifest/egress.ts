import { z } from "zod";
import { pathPatternProblem } from "../../policy/paths.ts";
import type { RuleDefinition } from "../definition.ts";
import { ruleLeaks } from "./leaks.ts";
import { fixedPath, host, judged, name, port } from "./words.ts";

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

/** One way out. */
export const rule = z
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
      .array(judged((text) => (text.startsWith("/") ? pathPatternProblem(text) : 'a path starts with "/"')))
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
    cookies: z
      .enum(["drop", "pass"])
      .optional()
      .describe(
        "Whether `Set-Cookie` of answers reaches the bottle. A session that was opened with a credential is a secret too. Default: `drop` where a credential is written, else `pass`.",
      ),
    body: body.optional().describe("What a request body must look like."),
    leaks: ruleLeaks.optional().describe("What this rule does where something looks like a secret in what leaves."),
    dial: dial
      .optional()
      .describe(
        "Where to connect instead of what the name resolves to; counts for every rule of this host and port. The TLS name stays `host`.",
      ),
    ask: z
      .literal(true, { error: "expected true; leave `ask` out for a rule that does not ask" })
      .optional()
      .describe(
        "Each request that this rule fits is held until you say yes to it (`bottle approvals`), whatever other rule lists it. Default: none is.",
      ),
  })
  .superRefine(meaningless, { when: ({ value }) => typeof value === "object" && value !== null });

/** Keys that have no meaning together; told even when another key is wrong by itself, so that all is told at once. */
function meaningless(value: RuleDefinition, context: z.core.$RefinementCtx): void {
  const wrong = (key: keyof RuleDefinition, message: string) =>
    context.addIssue({ code: "custom", path: [key], message });
  if (value.mode === "splice") {
    for (const key of ["methods", "paths", "credential", "body", "maxRequestBytes", "leaks", "cookies"] as const) {
      if (value[key] !== undefined)
        wrong(key, `a spliced connection is not looked into, so \`${key}\` has no meaning there`);
    }
    if (value.websocket === true)
      wrong("websocket", "a spliced connection is not looked into, so `websocket` has no meaning there");
    if (value.ask === true) wrong("ask", "a spliced connection is not looked into, so `ask` has no meaning there");
    if (value.scheme === "http") wrong("mode", "only https can be spliced");
  }
  if (value.scheme === "http" && value.credential !== undefined) {
    wrong("credential", "a credential is written over https only");
  }
}

function modeError(issue: { readonly input: unknown }): string {
  return issue.input === "tcp"
    ? '"tcp" is not in this version of bot-bottle: there is "inspect" and "splice"'
    : 'expected "inspect" or "splice"';
}
