import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

/** Verbs that look after this machine. */
export const machineVerbs: readonly Verb[] = [
  {
    name: "doctor",
    aliases: [],
    summary: "check this machine, and say how to mend what is missing",
    usage: "",
    options: [FORMAT],
    examples: ["bottle doctor"],
    exits: [{ term: "4", meaning: "no bottle can start here" }],
    seeAlso: ["demo"],
    load: async () => (await import("../doctor.ts")).doctor,
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
    seeAlso: ["rm", "ls"],
    load: async () => (await import("../prune.ts")).prune,
  },
  {
    name: "demo",
    aliases: [],
    summary: "run the real agent in a bottle against a scripted model, and show what the cage holds",
    usage: "",
    options: [{ flags: "--live", summary: "run the first probe against the real API with your key" }, FORMAT],
    examples: ["bottle demo", "bottle demo --format json"],
    seeAlso: ["doctor", "start"],
    load: async () => (await import("../demo.ts")).demo,
  },
];
