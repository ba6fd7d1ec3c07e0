import type { Verb } from "../verb.ts";

/** The verb that shows all bottles on one screen. */
export const dashboardVerbs: readonly Verb[] = [
  {
    name: "dashboard",
    aliases: [],
    summary: "all bottles on one screen: what needs you, what works, what was denied",
    usage: "",
    options: [{ flags: "--read-only", summary: "only look: no key starts, stops, answers or removes anything" }],
    details:
      "`bottle` alone opens it too, on a terminal. It only observes: each key that acts runs the same command that you would type, " +
      "and no bottle ends with it. `!` goes to the next request that waits, `a` allows it once, `d` denies it; `?` lists all keys. " +
      "Enter shows the agent's terminal: in a pane where this is your tmux, else here, and Ctrl-] d comes back.",
    examples: ["bottle dashboard --read-only"],
    files: [
      { term: "~/.local/state/bot-bottle/dashboard.json", meaning: "what is muted and seen, and the last start" },
    ],
    environment: [
      { term: "NO_COLOR", meaning: "no colours; shapes and words say the same" },
      { term: "COLORFGBG", meaning: "a light background where it ends in ;7 or ;15" },
    ],
    seeAlso: ["ls", "approvals", "attach", "start"],
    load: async () => (await import("../dashboard.ts")).dashboard,
  },
];
