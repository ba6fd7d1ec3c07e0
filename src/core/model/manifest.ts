import { z } from "zod";
import type { DashboardDefinition } from "./dashboard-keys.ts";

import type { AgentDefinition, BottleDefinition, ManifestFile } from "./definition.ts";

import { budget, prices } from "./manifest/budget.ts";
import { credential } from "./manifest/credential.ts";
import { dashboard } from "./manifest/dashboard.ts";
import { denyList } from "./manifest/deny.ts";
import { rule } from "./manifest/egress.ts";
import { leaks } from "./manifest/leaks.ts";
import { notify } from "./manifest/notify.ts";
import { packs } from "./manifest/packs.ts";
import { config, git, LONGEST_ARGUMENT, prompt, skills } from "./manifest/setup.ts";
import { caches, tools } from "./manifest/tools.ts";
import { fixedPath, name, size, variable } from "./manifest/words.ts";
import type { NotifyDefinition } from "./notice.ts";

/**
 * The one schema of a manifest file. Everything is strict: what it does not name is an error. docs/manifest.md and
 * docs/bot-bottle.schema.json are generated from it, so every key carries its description here.
 * Loaded only when there is a manifest file: zod costs about 60 ms.
 */

const envObject = z.strictObject({
  value: z.string().max(32_768).describe(`As the short form: a literal, \`\${NAME}\` or \`?question\`.`),
  expose: z
    .boolean()
    .optional()
    .describe(
      "The agent may read this value although it looks like a secret. Default: false, and the start is refused.",
    ),
  secret: z
    .boolean()
    .optional()
    .describe(
      "The agent may read this value, and no request may carry it out. For copied values and answers of at least 8 bytes. Default: false.",
    ),
});

const env = z.union([z.string().max(32_768), envObject], {
  error: 'expected text, or {"value": text, "expose": true, "secret": true}',
});

const limits = z.strictObject({
  memory: size.optional().describe("Memory of all processes together, e.g. `2G`. Default: `4G`."),
  cpus: z.number().min(0.05).max(1024).optional().describe("Processors, whole or part. Default: 2."),
  pids: z.int().min(16).max(1_000_000).optional().describe("Processes and threads at a time. Default: 1024."),
  tmp: size.optional().describe("Size of /tmp, which lies in memory. Default: `512M`."),
});

const workspaceMode = z.enum(["clone", "copy", "bind"]);
const workspaceObject = z.strictObject({
  mode: workspaceMode
    .optional()
    .describe(
      "`clone`: a repository of its own, with your commits and uncommitted work. `copy`: a private copy of all files. `bind`: the folder itself, through which it can run code as you; not in the bottle `default`.",
    ),
  include: z
    .array(
      z
        .string()
        .min(1)
        .max(1024)
        .regex(/^[^\0\n:]/, "a pathspec without magic, on one line"),
    )
    .max(64)
    .optional()
    .describe("Ignored files that a clone brings along, as git pathspecs, e.g. `.env.example` or `vendor/`."),
});

/** A reference of an image or a name of a runtime: never an option of the engine's command line. */
const engineWord = z
  .string()
  .max(255)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]*$/, "a name without spaces, beginning with a letter or a digit");

const bottle = z.strictObject({
  extends: z
    .union([name, z.array(name).min(1).max(16)], { error: "expected the name of a bottle, or a list of names" })
    .optional()
    .describe(
      "Bottles that this one builds on. What it says itself replaces what they say, entry by entry; its lists, such as the rules, come before theirs. Of several, the first counts most.",
    ),
  backend: name
    .optional()
    .describe("What the bottle is made with. Default: `BOT_BOTTLE_BACKEND`, else what fits this machine best."),
  image: engineWord
    .optional()
    .describe("For backends with images: the one that the bottle runs. It must be there already: nothing is fetched."),
  runtime: engineWord
    .optional()
    .describe("For container engines: the runtime, as the engine knows it, e.g. `runsc`. Default: the engine's own."),
  placement: z
    .enum(["socket", "bundle"])
    .optional()
    .describe(
      "For container engines: where the gateway runs. `socket`: in the host process, on a unix socket; `bundle`: in a container beside the bottle. Default: `socket` where the engine runs on this machine.",
    ),
  workspace: z
    .union([workspaceMode, workspaceObject], { error: "expected clone, copy, bind or an object" })
    .optional()
    .describe(
      "How the agent gets the folder, as a word or an object. Default: `clone` in a git repository, `copy` elsewhere.",
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
      packs: packs
        .optional()
        .describe("Ready-made rules for reading and not writing; docs/packs.md lists what each holds. Default: none."),
      deny: denyList.optional().describe("What may never be reached, whatever a rule says."),
      leaks: leaks.optional().describe("What is done where something looks like a secret in what leaves."),
      default: z
        .enum(["deny", "ask"])
        .optional()
        .describe(
          "What becomes of a request that no rule lists: `deny`, or `ask`: it is held until you answer (`bottle approvals`). Default: `deny`.",
        ),
      askTimeout: z
        .int()
        .min(1)
        .max(3600)
        .optional()
        .describe("Seconds that a request is held for an answer; then it is denied. Default: 60."),
    })
    .optional()
    .describe("The way out."),
  credentials: z
    .record(name, credential)
    .optional()
    .describe("Secrets that the gateway writes into requests; they never enter the bottle."),
  budget: budget.optional().describe("What the models of the bottle may cost. Default: whatever they cost."),
  prices: prices
    .optional()
    .describe("Prices of models, by the beginning of their names; they go before those that are built in."),
  limits: limits.optional().describe("What the bottle may use of this machine."),
  tools: tools
    .optional()
    .describe("Toolchains of this host that the bottle shows, read-only, besides /usr and what belongs to it."),
  caches: caches
    .optional()
    .describe(
      "Caches of this host that the bottle may read. Default: none; each bottle has caches of its own. Other tools than those listed must write to the cache that they read.",
    ),
  git: git.optional(),
  supervise: z
    .boolean()
    .optional()
    .describe(
      "The agent has an MCP server, `bot-bottle`, by which it asks you for access and other things and hears your answers (docs/supervise.md). Default: true.",
    ),
});

const agent = z.strictObject({
  provider: name.optional().describe("The built-in agent that it builds on. Default: the one of the same name."),
  command: fixedPath
    .optional()
    .describe("The agent's program on this host. Default: the one that is installed, else a pinned package."),
  bottle: name.optional().describe("The bottle definition it runs in. Default: `default`."),
  prompt: prompt.optional(),
  args: z
    .array(z.string().max(LONGEST_ARGUMENT))
    .max(64)
    .optional()
    .describe("Arguments passed to the agent's program as they are."),
  deny: denyList.optional().describe("What this agent may never reach, whatever a rule says."),
  skills: skills.optional(),
  config: config.optional(),
});

export const manifestSchema = z
  .strictObject({
    $schema: z.string().max(1024).optional().describe("For editors; not read."),
    bottles: z
      .record(name, bottle)
      .optional()
      .describe("Kinds of bottles, by name. `default` is for agents that name none."),
    agents: z.record(name, agent).optional().describe("Agents, by name: what is typed after `bottle start`."),
    notify: notify.optional().describe("How you are told of agents that you do not watch. Your own file only."),
    dashboard: dashboard.optional().describe("How you use `bottle dashboard`. Your own file only."),
  })
  .describe("A manifest of bot-bottle: JSON with comments and trailing commas.") satisfies z.ZodType<ManifestFile>;

/** Checks one bottle definition of a file. */
export const bottleSchema: z.ZodType<BottleDefinition> = bottle;
/** Checks one agent definition of a file. */
export const agentSchema: z.ZodType<AgentDefinition> = agent;
/** Checks what one file says about telling the operator. */
export const notifySchema: z.ZodType<NotifyDefinition> = notify;
/** Checks what one file says about the dashboard. */
export const dashboardSchema: z.ZodType<DashboardDefinition> = dashboard;
