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
      { flags: "--verify", summary: "check the hash chain and say so; exit 5 when it is broken" },
      FORMAT,
    ],
    examples: ["bottle audit claude-x7k2p --denied", "bottle audit claude-x7k2p --verify"],
    exits: [{ term: "5", meaning: "the chain is broken (--verify)" }],
    files: [{ term: "~/.local/state/bot-bottle/bottles/NAME/audit.jsonl", meaning: "the log: one JSON object a line" }],
    seeAlso: ["logs"],
    load: async () => (await import("../audit.ts")).audit,
  },
];
