import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

/** Verbs that read what a bottle wrote down. */
export const recordVerbs: readonly Verb[] = [
  {
    name: "logs",
    aliases: [],
    summary: "what the agent printed",
    usage: "<name>",
    options: [
      { flags: "-f, --follow", summary: "go on until the bottle ends" },
      { flags: "--raw", summary: "with the control sequences as they were; only for a file or pipe you trust" },
    ],
    examples: ["bottle logs -f claude-x7k2p"],
    files: [{ term: "~/.local/state/bot-bottle/bottles/NAME/agent.log", meaning: "the transcript, as it was" }],
    seeAlso: ["audit"],
    load: async () => (await import("../logs.ts")).logs,
  },
  {
    name: "audit",
    aliases: [],
    summary: "what the gateway decided, and whether the log is whole",
    usage: "<name>",
    options: [
      { flags: "-f, --follow", summary: "go on until the bottle ends" },
      { flags: "--denied", summary: "only refusals" },
      { flags: "--host <pattern>", summary: "only what is about this host: HOST, *.HOST, each with :PORT optional" },
      { flags: "--since <age|time>", summary: "only from then on: 10m, 2h, 1d, or 2026-01-31T10:00:00Z" },
      { flags: "--totals", summary: "for each host: requests, refusals by reason, bytes, last seen" },
      { flags: "--verify", summary: "check the hash chain and say so; exit 5 when it is broken" },
      FORMAT,
    ],
    details: "Of a removed bottle it reads the archive: of several that had one name, the last one.",
    examples: [
      "bottle audit claude-x7k2p --denied",
      "bottle audit claude-x7k2p --host '*.github.com' --since 10m",
      "bottle audit claude-x7k2p --totals",
      "bottle audit claude-x7k2p --verify",
    ],
    exits: [{ term: "5", meaning: "the chain is broken (--verify)" }],
    files: [
      { term: "~/.local/state/bot-bottle/bottles/NAME/audit.jsonl", meaning: "the log: one JSON object a line" },
      { term: "~/.local/state/bot-bottle/archive/NAME-*/audit.jsonl", meaning: "those of removed bottles" },
    ],
    seeAlso: ["logs", "why"],
    load: async () => (await import("../audit.ts")).audit,
  },
  {
    name: "cost",
    aliases: [],
    summary: "what the models of bottles used, and what that cost",
    usage: "[name...]",
    options: [
      { flags: "--since <age|day>", summary: "only from then on: today, 24h, 7d, or 2026-01-31" },
      {
        flags: "--by <group>",
        summary: "put together by bottle (default), agent, model or day",
        choices: ["bottle", "agent", "model", "day"],
      },
      FORMAT,
    ],
    details:
      "By what the answers of models said at the gateway, at the prices that were known then; removed bottles count as long as " +
      "their logs are in the archive. A `+` says that it was more: an answer was cut off, was in a form that is not read, or is of a " +
      "model without a known price. Your manifest may give prices of your own.",
    examples: ["bottle cost", "bottle cost claude-x7k2p --by model", "bottle cost --since 7d --by day --format json"],
    seeAlso: ["ls", "audit", "archive"],
    load: async () => (await import("../cost.ts")).cost,
  },
  {
    name: "archive",
    aliases: [],
    summary: "list, restore or remove what outlived removed bottles",
    usage: "<ls|restore|prune> [name] [folder]",
    options: [
      { flags: "--older-than <days>", summary: "prune: only what was removed so long ago (default: 30)" },
      { flags: "--discard", summary: "prune: also work that is nowhere else" },
      { flags: "--dry-run", summary: "prune: only say what would go" },
      FORMAT,
    ],
    details:
      "rm and prune keep audit log, plan, transcript, and the commits and files that had not landed. A name stands for the last " +
      "removed bottle that had it, an id for one. restore brings the commits back into the repository from which they came, under " +
      "refs/bottle/ID/, and touches no branch and no file there; what was made in a plain folder goes into a new FOLDER. prune " +
      "leaves work alone that no ref of its repository leads to. bottle-logs and bottle-audit read the archive, too.",
    examples: [
      "bottle archive ls",
      "bottle archive restore claude-x7k2p",
      "bottle archive prune --older-than 90 --dry-run",
    ],
    files: [{ term: "~/.local/state/bot-bottle/archive/", meaning: "one folder for each removed bottle" }],
    seeAlso: ["rm", "prune", "logs", "audit"],
    load: async () => (await import("../archive.ts")).archive,
  },
];
