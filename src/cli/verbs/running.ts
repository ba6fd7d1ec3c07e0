import type { Option, Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

const MAX_MINUTES: Option = {
  flags: "--max-minutes <number>",
  summary: "end the bottle after so many minutes, with exit 124; minutes in which this machine sleeps do not count",
};

const PANE: Option = {
  flags: "--pane",
  summary: "as -d, and its terminal in a pane of your tmux: the bottle's own, or a new one",
};

const CLIPBOARD: Option = {
  flags: "--clipboard <policy>",
  summary:
    "what the agent may do with your clipboard, which it never reads: off (default); ask: bottle clipboard takes what it copied; on: set it",
  choices: ["off", "ask", "on"],
};

const NO_NOTIFY: Option = {
  flags: "--no-notify",
  summary: "tell nothing about this bottle, by the notify command of your manifest or on terminals",
};

/** Verbs that run, enter, list and end bottles. */
export const runningVerbs: readonly Verb[] = [
  {
    name: "start",
    aliases: ["run"],
    summary: "run an agent in a new bottle",
    usage: "[agent] [path]",
    options: [
      { flags: "-p, --prompt <text>", summary: "run without a terminal on this prompt, print the answer, end" },
      {
        flags: "-d, --detach",
        summary: "run on when this terminal is gone; print the name and return once the agent runs",
      },
      PANE,
      CLIPBOARD,
      NO_NOTIFY,
      { flags: "--name <name>", summary: "name of the bottle (default: agent and five random characters)" },
      { flags: "--label <key=value>", summary: "keep this label in the record", repeatable: true },
      { flags: "--bottle <name>", summary: "run in this definition of your manifest, instead of the agent's own" },
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
      {
        flags: "--backend <name>",
        summary: "what makes the bottle (default: BOT_BOTTLE_BACKEND, else what fits this machine best)",
      },
      { flags: "--command <path>", summary: "the agent's program on this host" },
      MAX_MINUTES,
      { flags: "--rm", summary: "remove the bottle's folder when the agent ends; its audit log is archived" },
      {
        flags: "--without-cgroup",
        summary: "start beside other bottles although no control group can be had: limits are only measured then",
      },
      { flags: "--from <file>", summary: "a detached bottle for each line of this file, and wait for all of them" },
      { flags: "--parallel <number>", summary: "--from: at most so many at once (default: 4)" },
      { flags: "--dry-run", summary: "print the whole plan and create nothing" },
      { ...FORMAT, summary: "what --dry-run and --from print" },
    ],
    details:
      "The folder (default: the current one) is where the agent works; bottle diff and bottle apply bring back what it did. What stands after `--` goes to the agent as it is. " +
      "A start that fails halfway leaves its folder with plan and audit log, says its name, and with --rm archives and removes it. " +
      "The exit code is the agent's own, 128+n for signal n, 125 when bot-bottle itself failed after the agent had started.\n" +
      "A line of --from is a JSON object: prompt, and where wanted agent, path, name, labels, workspace, backend, allow, args, " +
      "maxMinutes; the options count for all lines. Nothing is started while a line has a problem. A task waits while --parallel " +
      "run, and while memory or cpu are short, which is measured. Ctrl-C starts nothing more and lets run what runs; the same " +
      "command goes on: tasks that ended are not run again. Exit 1 when some task did not end with 0.",
    examples: [
      "bottle start claude",
      'bottle start claude ~/src/app -p "fix the failing test" -- --model opus',
      "bottle start claude --allow docs.example.com --dry-run --format json",
      "bottle start claude --allow npm --allow github-read",
      "bottle start claude --from tasks.jsonl --parallel 8 --max-minutes 60",
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
      { flags: "--continue", summary: "go on with what it was last run on: its prompt, or the terminal" },
      MAX_MINUTES,
      {
        flags: "-d, --detach",
        summary: "run on when this terminal is gone; print the name and return once the agent runs",
      },
      PANE,
      CLIPBOARD,
      NO_NOTIFY,
      { flags: "--rm", summary: "remove the bottle's folder when the agent ends; its audit log is archived" },
    ],
    details:
      "The bottle gets a new cage by the plan of its start, with its home and workspace as the agent left them; credentials are " +
      "read anew. The agent goes on with its last conversation where it has one, else it begins a new one. What stands after `--` " +
      "goes to the agent in place of the arguments of the start. What a killed host process left is removed first. With --continue " +
      "an agent that has a conversation is told to go on with its task, and another one gets its prompt once more.",
    examples: [
      "bottle resume claude-x7k2p",
      'bottle resume claude-x7k2p -p "now add a test"',
      "bottle resume claude-x7k2p --continue",
    ],
    exits: [
      { term: "N", meaning: "the agent's own exit code, once it runs; 128+n when signal n ended it" },
      { term: "125", meaning: "bot-bottle itself failed after the agent had started" },
    ],
    seeAlso: ["start", "diff", "apply", "ls"],
    rest: true,
    load: async () => (await import("../resume.ts")).resume,
  },
  {
    name: "recover",
    aliases: [],
    summary: "bring bottles back whose host process was killed, or that a reboot ended",
    usage: "[name...]",
    options: [
      { flags: "--all", summary: "every bottle that ls calls lost" },
      { flags: "--settle", summary: "only remove what is left, and let no agent run" },
      FORMAT,
    ],
    details:
      "A running agent is never adopted, since its credentials and certificates died with the host process: what is left of the " +
      "cage is removed, and the bottle ends in order. Its home, its workspace and its conversation stay, and with them it is resumed, " +
      "detached, on what it was last run on. What is lost for good is said for each bottle, and so are credentials that have no " +
      "value on this host any more; such a bottle stays ended, with its work.",
    examples: ["bottle recover --all", "bottle recover claude-x7k2p"],
    seeAlso: ["ls", "resume", "prune"],
    load: async () => (await import("../recover.ts")).recover,
  },
  {
    name: "attach",
    aliases: [],
    summary: "show the terminal of a detached agent on this one",
    usage: "<name>",
    options: [
      { flags: "--read-only", summary: "watch: what is typed stays out, and the size is theirs who type" },
      { flags: "--pane", summary: "in a pane of your tmux: the one that shows it, or a new one; and return" },
      { flags: "--no-notify", summary: "show no notifications on this terminal" },
    ],
    details:
      "Ctrl-] d leaves the agent running and comes back here; Ctrl-] Ctrl-] types the key itself, Ctrl-] PageUp or the " +
      "mouse wheel looks back. Several may be attached to one bottle: it takes the size of who typed last.",
    examples: ["bottle attach claude-x7k2p", "bottle attach --read-only claude-x7k2p"],
    exits: [
      { term: "0", meaning: "detached: the agent runs on" },
      { term: "N", meaning: "the agent's own exit code, when it ended meanwhile; 128+n when signal n ended it" },
    ],
    seeAlso: ["start", "wait", "logs", "exec"],
    load: async () => (await import("../attach.ts")).attach,
  },
  {
    name: "clipboard",
    aliases: [],
    summary: "take what an agent wants in your clipboard",
    usage: "<name>",
    options: [{ flags: "-y, --yes", summary: "take it without asking" }],
    details:
      "Of an agent that was started with --clipboard ask: shows what it copied last, escaped and cut, and after a yes sets the " +
      "clipboard of this terminal (OSC 52; inside tmux by tmux itself). With stdout elsewhere than on a terminal it is printed " +
      "there as it is. It waits for ten minutes, and until it was taken.",
    examples: ["bottle clipboard claude-x7k2p", "bottle clipboard claude-x7k2p | wl-copy"],
    exits: [{ term: "1", meaning: "nothing waits, or the answer was no" }],
    seeAlso: ["start", "attach"],
    load: async () => (await import("../clipboard.ts")).clipboard,
  },
  {
    name: "wait",
    aliases: [],
    summary: "wait until bottles have ended, and print the exit codes of their agents",
    usage: "<name...>",
    options: [FORMAT],
    details:
      "One code on each line, in the order of the names; `-` where nobody knows it. Of removed bottles that had one name, " +
      "the last one counts.",
    examples: ["bottle wait claude-x7k2p", "bottle wait docs tests && bottle apply docs"],
    exits: [
      { term: "N", meaning: "the first exit code that is not 0, in the order of the names" },
      { term: "125", meaning: "it is not known how an agent ended: its host process was killed" },
    ],
    seeAlso: ["start", "attach", "logs", "ls"],
    load: async () => (await import("../wait.ts")).wait,
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
    options: [
      { flags: "--running", summary: "only those that run" },
      { flags: "-w, --watch", summary: "again at every change, until Ctrl-C; says who asks, with a bell" },
      { flags: "--label <key[=value]>", summary: "only those with this label; of several, with all", repeatable: true },
      FORMAT,
    ],
    examples: ["bottle ls", "bottle ls --watch", "bottle ls --label team=core --format json"],
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
