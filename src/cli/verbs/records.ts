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
];
