import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

/** Verbs by which an operator answers what bottles ask. */
export const approvalVerbs: readonly Verb[] = [
  {
    name: "approvals",
    aliases: [],
    summary: "requests that wait for your answer",
    usage: "[name]",
    options: [{ flags: "-f, --follow", summary: "go on, and show each as it comes" }, FORMAT],
    details:
      'A bottle whose manifest says `"default": "ask"`, or has a rule with `"ask": true`, holds such a request until you ' +
      "answer, or for `askTimeout` (default: 60 s), and then denies it. What is shown is what a yes is bound to: method, host, " +
      "path, query, and the SHA-256 of the body. It was searched for the bottle's secrets before. What a rule denies, and " +
      "addresses, metadata services and credentials at a wrong host are never asked about.",
    examples: ["bottle approvals", "bottle approvals claude-x7k2p --follow"],
    files: [
      {
        term: "~/.local/state/bot-bottle/bottles/NAME/proposals/",
        meaning: "what waits, a file each, while the bottle runs",
      },
    ],
    seeAlso: ["allow", "deny", "grants", "audit"],
    load: async () => (await import("../approvals.ts")).approvals,
  },
  {
    name: "allow",
    aliases: [],
    summary: "let a request go that waits",
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
      FORMAT,
    ],
    details:
      "The answer is in force when the command ends: it says the version of the policy, and what it covers. Identical requests " +
      "that wait are let go together; any other waits on, and is named. Grants end with the bottle's process: a resumed bottle " +
      "has none. Of two operators who answer at once the first wins.",
    examples: ["bottle allow 9f3a01bc-7", "bottle allow 9f3a01bc-7 --for 1h", "bottle allow 9f3a01bc-7 --persist"],
    files: [{ term: "~/.config/bot-bottle/bot-bottle.json", meaning: "your manifest (--persist)" }],
    seeAlso: ["approvals", "deny", "grants", "why"],
    load: async () => (await import("../allow.ts")).allow,
  },
  {
    name: "deny",
    aliases: [],
    summary: "refuse a request that waits",
    usage: "<request>",
    options: [{ flags: "--reason <text>", summary: "kept in the audit log; the agent does not see it" }, FORMAT],
    details: "The same request is then refused for ten minutes without being asked about again.",
    examples: ["bottle deny 9f3a01bc-7", 'bottle deny 9f3a01bc-7 --reason "use the mirror"'],
    seeAlso: ["approvals", "allow"],
    load: async () => (await import("../deny.ts")).deny,
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
