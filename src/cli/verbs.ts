import type { Option, Verb } from "./verb.ts";

const FORMAT: Option = { flags: "--format <format>", summary: "what stdout carries", choices: ["text", "json"] };

/** Every verb of `bottle`, in the order of the help. docs/cli.md is generated from this table. */
export const verbs: readonly Verb[] = [
  {
    name: "start",
    aliases: ["run"],
    summary: "run an agent in a new bottle",
    usage: "<agent> [path]",
    options: [
      { flags: "-p, --prompt <text>", summary: "run without a terminal on this prompt, print the answer, end" },
      { flags: "--name <name>", summary: "name of the bottle (default: agent and five random characters)" },
      { flags: "--label <key=value>", summary: "keep this label in the record", repeatable: true },
      {
        flags: "--workspace <mode>",
        summary: "copy: the agent works on a private copy (default); bind: in the folder itself",
        choices: ["copy", "bind"],
      },
      { flags: "--allow <host[:port]>", summary: "allow https to this host, any method and path", repeatable: true },
      { flags: "--backend <name>", summary: "where the bottle runs (default: bubblewrap)" },
      { flags: "--command <path>", summary: "the agent's program on this host" },
      { flags: "--rm", summary: "remove the bottle's folder when the agent ends; its audit log is archived" },
      {
        flags: "--without-cgroup",
        summary: "start beside other bottles although no control group can be had: limits are only measured then",
      },
      { flags: "--dry-run", summary: "print the whole plan and create nothing" },
      { ...FORMAT, summary: "what --dry-run prints" },
    ],
    details:
      "The folder (default: the current one) is copied into the bottle. What stands after `--` goes to the agent as it is. " +
      "A start that fails halfway leaves its folder with plan and audit log, says its name, and with --rm archives and removes it. " +
      "The exit code is the agent's own, 128+n for signal n, 125 when bot-bottle itself failed after the agent had started.",
    examples: [
      "bottle start claude",
      'bottle start claude ~/src/app -p "fix the failing test" -- --model opus',
      "bottle start claude --allow docs.example.com --dry-run --format json",
    ],
    rest: true,
    load: async () => (await import("./start.ts")).start,
  },
  {
    name: "exec",
    aliases: [],
    summary: "run a command in a running bottle, in the same cage as its agent",
    usage: "<name> [command...]",
    options: [
      { flags: "-i, --interactive", summary: "pass stdin on" },
      { flags: "-t, --tty", summary: "give the command a terminal of its own" },
      { flags: "--cwd <path>", summary: "folder inside the bottle (default: the workspace)" },
    ],
    examples: ["bottle exec claude-x7k2p -- git status", "bottle exec -it claude-x7k2p -- bash"],
    rest: true,
    passThrough: true,
    load: async () => (await import("./exec.ts")).exec,
  },
  {
    name: "ls",
    aliases: ["list", "ps"],
    summary: "list bottles",
    usage: "",
    options: [{ flags: "--running", summary: "only those that run" }, FORMAT],
    examples: ["bottle ls", "bottle ls --format json"],
    load: async () => (await import("./ls.ts")).ls,
  },
  {
    name: "stop",
    aliases: [],
    summary: "end running bottles; their folders stay",
    usage: "<name...>",
    options: [{ flags: "--grace <seconds>", summary: "between TERM and KILL (default: 5)" }],
    examples: ["bottle stop claude-x7k2p"],
    load: async () => (await import("./stop.ts")).stop,
  },
  {
    name: "rm",
    aliases: [],
    summary: "remove bottles that have ended; audit and logs are archived",
    usage: "<name...>",
    options: [{ flags: "-f, --force", summary: "stop a running one first; remove one whose record cannot be read" }],
    examples: ["bottle rm claude-x7k2p"],
    load: async () => (await import("./rm.ts")).rm,
  },
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
    load: async () => (await import("./logs.ts")).logs,
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
    load: async () => (await import("./audit.ts")).audit,
  },
  {
    name: "doctor",
    aliases: [],
    summary: "check this machine, and say how to mend what is missing",
    usage: "",
    options: [FORMAT],
    examples: ["bottle doctor"],
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "prune",
    aliases: ["cleanup"],
    summary: "remove what killed bottles left, and bottles that ended more than 7 days ago",
    usage: "",
    options: [
      { flags: "--dry-run", summary: "only say what would go" },
      { flags: "--all", summary: "every bottle of which nothing runs, whatever its age, and the work in it" },
      FORMAT,
    ],
    examples: ["bottle prune --dry-run"],
    load: async () => (await import("./prune.ts")).prune,
  },
  {
    name: "demo",
    aliases: [],
    summary: "run the real agent in a bottle against a scripted model, and show what the cage holds",
    usage: "",
    options: [{ flags: "--live", summary: "run the first probe against the real API with your key" }, FORMAT],
    examples: ["bottle demo", "bottle demo --format json"],
    load: async () => (await import("./demo.ts")).demo,
  },
];
