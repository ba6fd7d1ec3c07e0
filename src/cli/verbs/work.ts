import type { Verb } from "../verb.ts";
import { FORMAT } from "./format.ts";

const FROM = { flags: "--from <ref>", summary: "another branch or tag of the bottle than what is checked out there" };

/** Verbs that show and fetch what an agent made. */
export const workVerbs: readonly Verb[] = [
  {
    name: "diff",
    aliases: [],
    summary: "what the agent changed, committed or not, since it began",
    usage: "<name> [path...]",
    options: [
      { flags: "--stat", summary: "only files and counts of lines" },
      { flags: "--patch", summary: "the whole patch (default)" },
      FROM,
      {
        flags: "--config",
        summary: "what the agent changed in its own settings, skills and commands, instead of its work",
      },
      FORMAT,
    ],
    details:
      "Works while the agent runs and after it has ended. stderr has the id of the work, its commits and the files that " +
      "hosts or tools run; stdout has the patch, which git apply takes as it is when it is piped. On a terminal control " +
      "characters are escaped. What was uncommitted when the agent began is not part of it. What it changed in its own " +
      "configuration is named too, and stays in the bottle.",
    examples: [
      "bottle diff claude-x7k2p",
      "bottle diff claude-x7k2p --stat",
      "bottle diff claude-x7k2p src > src.patch",
    ],
    seeAlso: ["apply", "cp"],
    load: async () => (await import("../diff.ts")).diff,
  },
  {
    name: "apply",
    aliases: [],
    summary: "let the agent's work into the repository or folder that it came from",
    usage: "<name>",
    options: [
      { flags: "--branch <branch>", summary: "as commits on this branch; no file is touched" },
      { flags: "--patch", summary: "all of it as uncommitted changes" },
      {
        flags: "-i, --interactive",
        summary: "ask for each file, and for its parts; what is chosen lands as uncommitted changes",
      },
      {
        flags: "--accept <path>",
        summary: "let this file in, though hosts or tools run it (FOLDER/: all in it)",
        repeatable: true,
      },
      { flags: "--accept-all", summary: "let in all such files" },
      { flags: "--expect <id>", summary: "only when the work still has this id, as bottle diff printed it" },
      FROM,
      { flags: "--dry-run", summary: "check all of it and change nothing" },
      FORMAT,
    ],
    details:
      "By default the agent's commits go onto what is checked out, as a fast-forward where that is possible, else as " +
      "cherry-picks by you with the agent as author; what it had not committed becomes uncommitted changes. Files with " +
      "changes of yours are never written over: apply names them and changes nothing. What comes in is kept under " +
      "refs/bottle/NAME/ whatever happens next. In a plain folder files are written, each only when it is as the agent got it.",
    examples: [
      "bottle apply claude-x7k2p",
      "bottle apply claude-x7k2p --branch review/parser",
      "bottle apply claude-x7k2p --accept .github/workflows/ --expect 3f2a91c",
    ],
    seeAlso: ["diff", "rm", "resume"],
    load: async () => (await import("../apply.ts")).apply,
  },
  {
    name: "git",
    aliases: [],
    summary: "what went through a bottle's git gate, and its branches in your own repository",
    usage: "<log|fetch> <name>",
    options: [
      { flags: "--all", summary: "log: with reads, and with what was sent before the server answered" },
      FORMAT,
    ],
    details:
      "log says of each push whether it was accepted or refused, and why; never a secret's value. fetch brings the branches " +
      "that the bottle pushed into the repository of the current folder, as refs/bottles/NAME/REPOSITORY/BRANCH: no file is " +
      "touched and nothing of theirs is run. What may be pushed is said by git.repos in the manifest.",
    examples: ["bottle git log claude-x7k2p", "bottle git fetch claude-x7k2p"],
    seeAlso: ["diff", "apply", "audit"],
    load: async () => (await import("../git.ts")).git,
  },
];
