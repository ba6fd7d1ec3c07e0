import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

/** Verbs that look at what bottles may do. */
export const policyVerbs: readonly Verb[] = [
  {
    name: "why",
    aliases: [],
    summary:
      "which rule decides a request and why, and what to add to allow it; or what an agent does, and how that is known",
    usage: "<bottle|agent> [method|request] [url]",
    options: [
      { flags: "--check", summary: "exit 1 when it is denied" },
      {
        flags: "--allow <host[:port]|pack>",
        summary: "of an agent: as a start with this option would decide",
        repeatable: true,
      },
      { flags: "--path <folder>", summary: "of an agent: the folder that it would work in (default: the current one)" },
      FORMAT,
    ],
    details:
      "Offline: nothing is looked up or sent, and no value of a secret is read. Of an agent it resolves what a start would " +
      "put in force; of a bottle it reads what is or was in force. With the id that a refusal or `bottle audit` shows, it " +
      "explains a past request, of a removed bottle too. The gateway's own functions decide, from the URL as it would be " +
      "sent: capital letters in the method, nothing normalised. With the name of a bottle alone it says what the agent does now, and by " +
      "what that is known: what waits for you, its requests to models, its hooks, its own report, its process. The exit code is 0 for both answers unless --check is given.",
    examples: [
      "bottle why claude GET https://registry.npmjs.org/left-pad",
      "bottle why claude-x7k2p POST https://api.example.com/v1/items",
      "bottle why claude-x7k2p 9f3a01bc-7",
      "bottle why claude-x7k2p",
    ],
    exits: [{ term: "1", meaning: "it is denied (--check)" }],
    seeAlso: ["audit", "plan"],
    load: async () => (await import("../why.ts")).why,
  },
];
