import type { Option, Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

const ACCEPT: Option = {
  flags: "--accept <flags>",
  summary: "you know of these flags, such as look-alike,first-use",
  repeatable: true,
};
const REVIEW: Option = { flags: "--review <code>", summary: "answer only what was shown with this code" };
const AS: Option = {
  flags: "--as <surface>",
  summary: "where you answer, for the audit log",
  choices: ["cli", "dashboard"],
};

/** Verbs by which an operator answers what bottles ask. */
export const approvalVerbs: readonly Verb[] = [
  {
    name: "approvals",
    aliases: [],
    summary: "everything that waits for you: requests, pushes, questions, and what happened",
    usage: "[name]",
    options: [
      { flags: "-w, --watch", summary: "go on: on a terminal in one place, with a bell; elsewhere each as it comes" },
      { flags: "-f, --follow", summary: "the same as --watch" },
      { flags: "--seen", summary: "dismiss the incidents that are shown" },
      FORMAT,
    ],
    details:
      'A bottle whose manifest says `"default": "ask"`, or has a rule with `"ask": true`, holds such a request until you ' +
      "answer, or for `askTimeout` (default: 60 s), and then denies it. What is shown is what a yes is bound to: method, host, " +
      "path, query, and the SHA-256 of the body. It was searched for the bottle's secrets before. What a rule denies, and " +
      "addresses, metadata services and credentials at a wrong host are never asked about.\n" +
      "Flags (`!`) are what needs a second look: wildcard, private-address, first-use (of a credential at this host), " +
      "new-host-write, look-alike, secret-found, plain-http. What an agent says stands behind `>`: nobody checked it. Below what " +
      "waits stands what happened: crashed, failed, stalled, time-limit, budget, disk-low, limit; it stays until bottle dismiss.",
    examples: ["bottle approvals", "bottle approvals claude-x7k2p --watch"],
    files: [
      {
        term: "~/.local/state/bot-bottle/bottles/NAME/proposals/",
        meaning: "what waits, a file each, while the bottle runs",
      },
      {
        term: "~/.local/state/bot-bottle/bottles/NAME/incidents/",
        meaning: "what happened, a file for each kind, until it was dismissed",
      },
    ],
    seeAlso: ["allow", "deny", "edit", "undo", "dismiss", "grants", "audit"],
    load: async () => (await import("../approvals.ts")).approvals,
  },
  {
    name: "allow",
    aliases: [],
    summary: "say yes to what waits",
    usage: "<request>",
    options: [
      { flags: "--once", summary: "this request alone (default)" },
      {
        flags: "--for <time>",
        summary: "this method, host and path for so long, such as 30m or 1h; any query and body",
      },
      { flags: "--bottle", summary: "the same as long as this bottle runs" },
      { flags: "--persist", summary: "the same, and a rule for it in your manifest, which is shown first" },
      { flags: "-y, --yes", summary: "with --persist: write the rule without asking" },
      { flags: "--words <text>", summary: "to a question: what the agent reads with the yes" },
      ACCEPT,
      REVIEW,
      AS,
      FORMAT,
    ],
    details:
      "What is allowed is shown first, and the yes is bound to it: when rules, words or evidence changed meanwhile, it is refused " +
      "with what it is now. A flag (bottle approvals) asks on a terminal for the last label of the host; elsewhere --accept names " +
      "it. What an agent asked for by supervise is allowed for an hour where nothing is said. The answer is in force when the command ends: it says the version of the policy, and what it covers. Identical requests " +
      "that wait are let go together; any other waits on, and is named. Grants end with the bottle's process: a resumed bottle " +
      "has none. Of two operators who answer at once the first wins, and the other is told who it was.",
    examples: ["bottle allow 9f3a01bc-7", "bottle allow 9f3a01bc-7 --for 1h", "bottle allow 9f3a01bc-7 --persist"],
    files: [{ term: "~/.config/bot-bottle/bot-bottle.json", meaning: "your manifest (--persist)" }],
    seeAlso: ["approvals", "deny", "edit", "undo", "grants", "why"],
    load: async () => (await import("../allow.ts")).allow,
  },
  {
    name: "deny",
    aliases: [],
    summary: "say no to what waits",
    usage: "<request>",
    options: [
      { flags: "--reason <text>", summary: "kept in the audit log; an agent that asked by supervise reads it" },
      AS,
      FORMAT,
    ],
    details: "The same request is then refused for ten minutes without being asked about again.",
    examples: ["bottle deny 9f3a01bc-7", 'bottle deny 9f3a01bc-7 --reason "use the mirror"'],
    seeAlso: ["approvals", "allow", "undo"],
    load: async () => (await import("../deny.ts")).deny,
  },
  {
    name: "edit",
    aliases: [],
    summary: "change the rule of what waits in your editor, then allow it",
    usage: "<request>",
    options: [{ flags: "-y, --yes", summary: "allow what was written without asking" }, ACCEPT, REVIEW, AS, FORMAT],
    details:
      "Opens the rule as JSON with comments: method, scheme, host, port, path (`/a/*` is any path below `/a/`), scope, time. What " +
      "you leave is checked and shown as a diff before it is allowed; a wrong word is named with line and column, and the file is " +
      "kept until it was used. An empty file answers nothing. A request that the changed rule does not cover waits on.",
    examples: ["bottle edit 9f3a01bc-7", "bottle edit 9f3a01bc-7 --yes --accept wildcard"],
    environment: [{ term: "VISUAL, EDITOR", meaning: "your editor (default: vi)" }],
    files: [{ term: "~/.local/state/bot-bottle/edits/", meaning: "what was written and not used yet" }],
    seeAlso: ["approvals", "allow", "grants"],
    load: async () => (await import("../edit.ts")).edit,
  },
  {
    name: "undo",
    aliases: [],
    summary: "take back your last answer, or the one about a request",
    usage: "[request]",
    options: [AS, FORMAT],
    details:
      "While the bottle runs. A yes for longer than one request is revoked, and what goes on only by it is cut; a no is forgotten, so " +
      "that the same may be asked again. What has left, and what an agent has heard, cannot be undone, and is named.",
    examples: ["bottle undo", "bottle undo 9f3a01bc-7"],
    exits: [{ term: "1", meaning: "nothing of it could be undone" }],
    seeAlso: ["allow", "deny", "grants", "audit"],
    load: async () => (await import("../undo.ts")).undo,
  },
  {
    name: "dismiss",
    aliases: [],
    summary: "take away an incident that you have seen, or all of a bottle",
    usage: "<incident|name>",
    options: [FORMAT],
    examples: ["bottle dismiss 9f3a01bc-crashed", "bottle dismiss claude-x7k2p"],
    seeAlso: ["approvals", "logs", "recover"],
    load: async () => (await import("../dismiss.ts")).dismiss,
  },
  {
    name: "grants",
    aliases: [],
    summary: "what you allowed since a bottle's start, and taking it back",
    usage: "[name]",
    options: [{ flags: "--revoke <grant>", summary: "end this one, and cut what goes on only by it" }, FORMAT],
    examples: ["bottle grants", "bottle grants --revoke g-9f3a01bc-7"],
    seeAlso: ["allow", "approvals"],
    load: async () => (await import("../grants.ts")).grants,
  },
];
