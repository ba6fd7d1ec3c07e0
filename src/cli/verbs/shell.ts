import { HOST_VERB, type Verb } from "../verb.ts";

/** Verbs for the operator's shell, which completes the words of `all`. */
export const shellVerbs = (all: () => readonly Verb[]): readonly Verb[] => [
  {
    name: "completion",
    aliases: [],
    summary: "print the script that completes bottle's words in a shell",
    usage: "<bash|zsh|fish>",
    options: [],
    details:
      "Verbs, options, their values, names of bottles and of agents are completed, and files where they can stand. " +
      "The script asks bottle itself, so that it fits whichever version is installed.",
    examples: [
      "bottle completion bash >>~/.bash_completion",
      "bottle completion zsh >~/.zfunc/_bottle",
      "bottle completion fish >~/.config/fish/completions/bottle.fish",
    ],
    load: async () => (await import("../completion.ts")).completion,
  },
  {
    name: HOST_VERB,
    aliases: [],
    summary: "the host process of a detached bottle",
    usage: "",
    options: [],
    examples: [],
    hidden: true,
    load: async () => (await import("../host-process.ts")).hostProcess(all()),
  },
  {
    name: "__complete",
    aliases: [],
    summary: "what could stand at a place of a command line",
    usage: "",
    options: [],
    examples: [],
    rest: true,
    hidden: true,
    load: async () => (await import("../completion.ts")).completeAmong(all()),
  },
];
