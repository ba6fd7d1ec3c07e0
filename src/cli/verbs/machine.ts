import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

const IMAGES = `Names are those of agents with a program of their own (claude) and sidecar; without names build makes all. A tag
is a hash of all that went in: Dockerfile, files, versions and the base, so that nothing is built twice and a change is
never missed. bottle-prune leaves images alone; image prune removes ours that no container uses and that are not the
current ones. A Dockerfile of your own begins with FROM localhost/bot-bottle/claude.`;

/** Verbs that look after this machine. */
export const machineVerbs: readonly Verb[] = [
  {
    name: "doctor",
    aliases: [],
    summary: "check this machine, and say how to mend what is missing",
    usage: "",
    options: [
      {
        flags: "--fix",
        summary: "mend what nothing is lost by: install missing Debian packages, remove what killed processes left",
      },
      FORMAT,
    ],
    details:
      "It also looks at the state on disk: bottles whose host process was killed, leftovers, records that cannot be read, a disk " +
      "that is nearly full, and lists by backend what there is and what it takes: bottles, the archive, images, caches. --fix touches no bottle, no work and no log.",
    examples: ["bottle doctor", "bottle doctor --fix"],
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
    name: "image",
    aliases: [],
    summary: "build, list or remove the images that bottles in containers are made from",
    usage: "<build|ls|prune> [image...]",
    options: [
      { flags: "--base <image>", summary: "build: begin with this image instead of the pinned Debian" },
      { flags: "--offline", summary: "build: fetch no base, and give the build no network" },
      { flags: "--fresh", summary: "build: anew, though nothing changed, for newer packages of the distribution" },
      { flags: "--all", summary: "prune: what new bottles would use, too" },
      { flags: "--dry-run", summary: "prune: only say what would go" },
      FORMAT,
    ],
    details: IMAGES,
    examples: [
      "bottle image build",
      "bottle image build claude --base registry.example.com/debian:12",
      "bottle image ls",
    ],
    exits: [{ term: "4", meaning: "the engine does not answer, or a build failed" }],
    seeAlso: ["start", "prune", "doctor"],
    load: async () => (await import("../image.ts")).image,
  },
  {
    name: "demo",
    aliases: [],
    summary: "run the real agent in a bottle against a scripted model, and show what the cage holds",
    usage: "",
    options: [
      { flags: "--live", summary: "run the first probe against the real API with your key" },
      { flags: "--backend <name>", summary: "what makes the bottle (default: as for start)" },
      {
        flags: "--placement <where>",
        summary: "in containers: the gateway in this process, or in a container beside the bottle",
        choices: ["socket", "bundle"],
      },
      FORMAT,
    ],
    examples: ["bottle demo", "bottle demo --backend docker --placement bundle", "bottle demo --format json"],
    seeAlso: ["doctor", "start"],
    load: async () => (await import("../demo.ts")).demo,
  },
];
