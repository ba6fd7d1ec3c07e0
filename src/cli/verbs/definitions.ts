import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";
import { runningVerbs } from "./running.ts";

/** Options of `start` that say how it runs and not what. */
const RUN_ONLY = /^--(?:dry-run|format|rm|detach|no-notify)\b|^-d\b/;
const start = runningVerbs.find(({ name }) => name === "start");

/** Verbs about what agents may do: the manifests, and the plans made from them. */
export const definitionVerbs: readonly Verb[] = [
  {
    name: "init",
    aliases: [],
    summary: "write a manifest to begin with",
    usage: "[path]",
    options: [
      { flags: "--operator", summary: "your own, in the configuration folder (default)" },
      { flags: "--project", summary: "the project's, in this folder or the current one" },
      { flags: "--agent <name>", summary: "what you will type after bottle start" },
      { flags: "--provider <provider>", summary: "the built-in agent that it builds on (default: claude)" },
      {
        flags: "--bottle <name>",
        summary: "name of the bottle definition (default: default; a project's: the agent's name)",
      },
      { flags: "--prompt <text>", summary: "standing instructions for the agent" },
      {
        flags: "--allow <host[:port]|pack>",
        summary: "https to this host, any method and path; or a rule pack",
        repeatable: true,
      },
      { flags: "--memory <size>", summary: "memory of the bottle, such as 4G" },
      { flags: "--cpus <number>", summary: "processors of the bottle" },
      { flags: "-f, --force", summary: "replace a manifest that is there" },
      { ...FORMAT, summary: "what stdout carries: the path, or path and text as JSON" },
    ],
    details:
      "On a terminal it asks for what no option says. The file it writes is commented and sound; an existing one is never " +
      "changed without --force. A project's file works without trust as long as it only adds agents; with --allow, " +
      "--memory or --cpus it holds a bottle of its own and needs `bottle trust`.",
    examples: [
      "bottle init",
      "bottle init --agent reviewer --allow docs.example.com",
      "bottle init --project ~/src/app",
    ],
    seeAlso: ["info", "plan", "trust"],
    load: async () => (await import("../init.ts")).init,
  },
  {
    name: "info",
    aliases: [],
    summary: "what is set up here; or all about one bottle or agent",
    usage: "[bottle|agent]",
    options: [{ flags: "--path <folder>", summary: "the project to look at (default: the current folder)" }, FORMAT],
    details: "A name is first looked for among the bottles, then among the agents.",
    examples: ["bottle info", "bottle info claude", "bottle info claude-x7k2p --format json"],
    seeAlso: ["plan", "ls", "doctor"],
    load: async () => (await import("../info.ts")).info,
  },
  {
    name: "plan",
    aliases: [],
    summary: "what a start would do, or what a bottle was started with; creates nothing",
    usage: "<bottle|agent> [path]",
    options: [
      ...(start?.options ?? []).filter(({ flags }) => !RUN_ONLY.test(flags)),
      {
        ...FORMAT,
        summary: "what stdout carries; compose: containers as a Compose file",
        choices: ["text", "json", "compose"],
      },
    ],
    details:
      "With nothing but the name of a bottle: the plan it was started with. Else the same as `bottle start --dry-run` with " +
      "the same words.",
    examples: [
      "bottle plan claude",
      "bottle plan claude ~/src/app --allow docs.example.com",
      "bottle plan claude-x7k2p",
    ],
    rest: true,
    seeAlso: ["start", "info", "why"],
    load: async () => (await import("../plan.ts")).plan,
  },
  {
    name: "trust",
    aliases: [],
    summary: "let a project's manifest say more than add agents, for its very bytes",
    usage: "[path]",
    options: [
      { flags: "--dry-run", summary: "only show what it would be allowed to say" },
      { flags: "-y, --yes", summary: "do not ask" },
      { flags: "--revoke", summary: "end the trust in the project" },
      { flags: "--list", summary: "show every project that was trusted, and whether it still is" },
      FORMAT,
    ],
    details:
      "Shows everything in the project's bot-bottle.json that goes beyond new agents, and the hash of every file that it " +
      "names. Trust covers these bytes, these files and this place; when one of them changes, the file is untrusted again. " +
      "Even trusted it may not take your names, ask for bind, dial, or reach for programs and files of this host.",
    examples: [
      "bottle trust",
      "bottle trust ~/src/app --dry-run",
      "bottle trust --list",
      "bottle trust --revoke ~/src/app",
    ],
    exits: [{ term: "3", meaning: "you said no, or the file cannot be used" }],
    seeAlso: ["info", "plan", "init"],
    load: async () => (await import("../trust.ts")).trust,
  },
];
