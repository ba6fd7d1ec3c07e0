import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

/** Verbs that run, enter, list and end bottles. */
export const runningVerbs: readonly Verb[] = [
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
        summary:
          "clone: a repository of its own (default in a git repository); copy: a private copy of all files (default elsewhere); bind: the folder itself",
        choices: ["clone", "copy", "bind"],
      },
      {
        flags: "--allow <host[:port]|pack>",
        summary: "allow https to this host, any method and path; or what a read-only rule pack holds, e.g. npm",
        repeatable: true,
      },
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
      "The folder (default: the current one) is where the agent works; bottle diff and bottle apply bring back what it did. What stands after `--` goes to the agent as it is. " +
      "A start that fails halfway leaves its folder with plan and audit log, says its name, and with --rm archives and removes it. " +
      "The exit code is the agent's own, 128+n for signal n, 125 when bot-bottle itself failed after the agent had started.",
    examples: [
      "bottle start claude",
      'bottle start claude ~/src/app -p "fix the failing test" -- --model opus',
      "bottle start claude --allow docs.example.com --dry-run --format json",
      "bottle start claude --allow npm --allow github-read",
    ],
    exits: [
      { term: "N", meaning: "the agent's own exit code, once it runs; 128+n when signal n ended it" },
      { term: "125", meaning: "bot-bottle itself failed after the agent had started" },
    ],
    files: [
      { term: "~/.config/bot-bottle/bot-bottle.json", meaning: "your manifest" },
      { term: "bot-bottle.json", meaning: "the project's manifest, in the workspace" },
    ],
    environment: [
      {
        term: "CLAUDE_CODE_OAUTH_TOKEN, ANTHROPIC_API_KEY",
        meaning: "credentials that the gateway adds; never inside",
      },
    ],
    seeAlso: ["plan", "diff", "apply", "resume", "ls", "exec", "logs", "audit", "stop"],
    rest: true,
    load: async () => (await import("../start.ts")).start,
  },
  {
    name: "resume",
    aliases: [],
    summary: "run the agent of an ended bottle again, where it stopped",
    usage: "<name>",
    options: [
      { flags: "-p, --prompt <text>", summary: "run without a terminal on this prompt, print the answer, end" },
      { flags: "--rm", summary: "remove the bottle's folder when the agent ends; its audit log is archived" },
    ],
    details:
      "The bottle gets a new cage by the plan of its start, with its home and workspace as the agent left them; credentials are " +
      "read anew. The agent goes on with its last conversation where it has one, else it begins a new one. What stands after `--` " +
      "goes to the agent in place of the arguments of the start.",
    examples: ["bottle resume claude-x7k2p", 'bottle resume claude-x7k2p -p "now add a test"'],
    exits: [
      { term: "N", meaning: "the agent's own exit code, once it runs; 128+n when signal n ended it" },
      { term: "125", meaning: "bot-bottle itself failed after the agent had started" },
    ],
    seeAlso: ["start", "diff", "apply", "ls"],
    rest: true,
    load: async () => (await import("../resume.ts")).resume,
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
    exits: [
      { term: "N", meaning: "the command's own exit code; 128+n when signal n ended it" },
      { term: "125", meaning: "bot-bottle itself failed after the command had started" },
    ],
    seeAlso: ["ls", "cp"],
    rest: true,
    passThrough: true,
    load: async () => (await import("../exec.ts")).exec,
  },
  {
    name: "cp",
    aliases: [],
    summary: "copy files between a bottle and this machine",
    usage: "<from> <to>",
    options: [
      { flags: "--skip-odd", summary: "leave out links, devices and pipes that come out of a bottle, and name them" },
      { flags: "--unsearched", summary: "bring it in although it cannot be searched for the bottle's credentials" },
      { flags: "--max-size <size>", summary: "greatest size of all files together (default: 16G)" },
    ],
    details:
      "One of the two is NAME:PATH, a path in a bottle; a relative one begins at its workspace. The other is a path of " +
      "this machine (one with a colon begins with / or .), or - for a tar archive on stdin or stdout. As with docker cp: " +
      "into a folder that exists the source goes under its own name, SOURCE/. means what is in it, else the copy gets " +
      "the name that was typed.\n" +
      "Out of a bottle, running or ended, come regular files and folders only, with no set-id bits and owned by you; " +
      "nothing is written when anything else is found. Into a running bottle goes only what holds none of its " +
      "credentials; it belongs to the agent there.",
    examples: [
      "bottle cp claude-x7k2p:dist/report.html .",
      "bottle cp ~/notes/. claude-x7k2p:notes",
      "bottle cp claude-x7k2p:src - | tar -tvf -",
      "tar -cf - data | bottle cp - claude-x7k2p:/tmp",
    ],
    seeAlso: ["exec", "ls"],
    load: async () => (await import("../cp.ts")).cp,
  },
  {
    name: "ls",
    aliases: ["list", "ps"],
    summary: "list bottles",
    usage: "",
    options: [{ flags: "--running", summary: "only those that run" }, FORMAT],
    examples: ["bottle ls", "bottle ls --format json"],
    seeAlso: ["start", "rm", "prune"],
    load: async () => (await import("../ls.ts")).ls,
  },
  {
    name: "stop",
    aliases: [],
    summary: "end running bottles; their folders stay",
    usage: "<name...>",
    options: [{ flags: "--grace <seconds>", summary: "between TERM and KILL (default: 5)" }],
    examples: ["bottle stop claude-x7k2p"],
    seeAlso: ["rm", "ls"],
    load: async () => (await import("../stop.ts")).stop,
  },
  {
    name: "rm",
    aliases: [],
    summary: "remove bottles that have ended; audit, logs and work that has not landed are archived",
    usage: "<name...>",
    options: [
      { flags: "-f, --force", summary: "stop a running one first; remove one whose record cannot be read" },
      { flags: "--discard", summary: "drop work that has not landed, instead of archiving it" },
    ],
    examples: ["bottle rm claude-x7k2p"],
    files: [{ term: "~/.local/state/bot-bottle/archive/", meaning: "audit log, plan and transcript stay here" }],
    seeAlso: ["stop", "prune"],
    load: async () => (await import("../rm.ts")).rm,
  },
];
