import { APPROVAL_PAGES } from "./error-pages/approvals.ts";
import { WORK_PAGES } from "./error-pages/work.ts";
import type { ErrorCode } from "./errors.ts";

/** What docs/errors.md and `bottle help CODE` say about one code. */
export interface ErrorPage {
  /** As it is printed, with its hint. */
  readonly example: readonly string[];
  readonly causes: readonly string[];
  /** What to do; commands in backquotes. */
  readonly mend: readonly string[];
}

/** One page for each code: the compiler refuses a code without one, and a page without a code. */
export const ERROR_PAGES: Readonly<Record<ErrorCode, ErrorPage>> = {
  ...WORK_PAGES,
  ...APPROVAL_PAGES,
  USAGE: {
    example: ["bottle: unknown command 'strat' [USAGE]", "  Did you mean start? bottle help lists the verbs"],
    causes: [
      "a verb, option or value that does not exist, or one that is missing",
      "a verb that needs a terminal, called where stdin or stdout is none",
    ],
    mend: ["`bottle help` lists the verbs, `bottle help VERB` says what one takes"],
  },
  BOTTLE_NOT_FOUND: {
    example: ["bottle: no bottle is called claude-x7k2 [BOTTLE_NOT_FOUND]", "  bottle ls lists them"],
    causes: [
      "a name that is mistyped",
      "a bottle that `bottle rm`, `bottle prune` or `bottle start --rm` has removed",
      "another XDG_STATE_HOME, or another user, than when the bottle was started",
    ],
    mend: ["`bottle ls` lists the bottles; what is kept of removed ones is in ~/.local/state/bot-bottle/archive"],
  },
  BOTTLE_NOT_RUNNING: {
    example: ["bottle: claude-x7k2p does not run (exited) [BOTTLE_NOT_RUNNING]", "  bottle ls shows what runs"],
    causes: [
      "the agent has ended, and the bottle with it",
      "the host process of the bottle was killed: the state is then `lost`",
    ],
    mend: [
      "start a new bottle; what the old one wrote is still there until it is removed",
      "after `lost`: `bottle recover NAME` removes what is left, `bottle resume NAME` lets the agent go on",
    ],
  },
  BOTTLE_RUNNING: {
    example: [
      "bottle: claude-x7k2p runs [BOTTLE_RUNNING]",
      "  bottle stop claude-x7k2p, or bottle rm --force claude-x7k2p",
    ],
    causes: ["a bottle is removed while its agent, its cage or its host process still runs"],
    mend: [
      "`bottle stop NAME` first, or `bottle rm --force NAME`",
      "the message names a process where only that is left",
    ],
  },
  REQUEST_NOT_FOUND: {
    example: [
      "bottle: no request of claude-x7k2p has the id 374429cd-f [REQUEST_NOT_FOUND]",
      "  bottle audit claude-x7k2p lists them",
    ],
    causes: ["an id that is mistyped, or of another bottle", "a request that was refused before it got an id"],
    mend: ["`bottle audit NAME --denied` lists refusals with their ids"],
  },
  NAME_TAKEN: {
    example: ["bottle: a bottle called review exists [NAME_TAKEN]", "  choose another --name, or bottle rm review"],
    causes: ["`--name` names a bottle that exists, running or not"],
    mend: ["leave `--name` out: a name that is free is made up", "`bottle rm NAME` when the old one is not wanted"],
  },
  AGENT_UNKNOWN: {
    example: ["bottle: no agent is called claud [AGENT_UNKNOWN]", "  did you mean claude? agents: claude, shell"],
    causes: [
      "a name that is mistyped",
      "an agent whose definition has a problem: it is then named as such",
      "a project's agent, asked for in another folder",
    ],
    mend: ["the hint lists the agents that can be started here; others are defined in a manifest"],
  },
  WORKSPACE_REFUSED: {
    example: [
      "bottle: the workspace is the home folder [WORKSPACE_REFUSED]",
      "  start it in the folder of one project",
    ],
    causes: [
      "the folder does not exist, or is no folder",
      "it is, contains or lies in `/`, the home folder itself, a system folder, a folder with credentials or one of ours",
      "another running bottle is bound to it",
    ],
    mend: ["name the folder of one project", "leave `--workspace bind` out, so that the agent gets a copy"],
  },
  COPY_REFUSED: {
    example: [
      "bottle: nothing was copied: node_modules/.bin/tsc is a symbolic link [COPY_REFUSED]",
      "  --skip-odd leaves such entries out and names them",
    ],
    causes: [
      "what comes out of a bottle holds links, devices, pipes, or names that could mislead: the agent may have made them on purpose",
      "the archive breaks its own format, or holds names that lead out of the folder",
      "the target is a file where a folder is needed, or the other way round",
      "more entries or bytes than `bottle cp` takes at once",
    ],
    mend: [
      "`--skip-odd` leaves such entries out and names them",
      "copy a smaller folder; `bottle exec NAME -- ls -la PATH` shows what is there",
      "`--max-size` sets another greatest size",
    ],
  },
  MANIFEST_INVALID: {
    example: [
      "bottle: the manifest has problems: [MANIFEST_INVALID]",
      "  ~/.config/bot-bottle/bot-bottle.json:4:7: unknown key egres; did you mean egress?",
    ],
    causes: ["a key that does not exist, a value of the wrong kind, a name that nothing has, or text that is no JSON"],
    mend: [
      "each problem is named with file, line and column; docs/manifest.md describes every key",
      "only the definitions that a start uses must be right: others are notes",
    ],
  },
  SECRET_UNRESOLVED: {
    example: [
      "bottle: credential service: the variable SERVICE_KEY is not set [SECRET_UNRESOLVED]",
      "  export SERVICE_KEY with its value",
    ],
    causes: [
      "a variable that is unset or empty, a file that is missing, a command that failed",
      "a login that has expired",
      "a value of less than 8 bytes, which cannot be searched for",
    ],
    mend: ["give the source a value, or change `credentials` in the manifest; the value itself is never printed"],
  },
  SECRET_EXPOSED: {
    example: [
      "bottle: the workspace ~/project contains the value of the credential service, which must not enter a bottle [SECRET_EXPOSED]",
      '  find the file with: grep -rlF "$VALUE" ~/project; remove it from there and start again',
    ],
    causes: [
      "a declared credential lies in the workspace (a `.env`, say) or in what is copied into a bottle",
      "a prompt, argument, label or variable holds it, in plain or encoded",
      "a copied variable looks like a secret",
    ],
    mend: [
      "take the value out: the gateway writes the credential into requests, and the bottle has a placeholder for it",
      '`"expose": true` on a variable says that it may be seen inside, although it looks like a secret',
    ],
  },
  SOURCE_REFUSED: {
    example: [
      "bottle: agent painter cannot start: skill paint: /home/me/skills/paint does not exist [SOURCE_REFUSED]",
      "  a skill is a folder with a SKILL.md, or one .md file; mend it, or take it out of the manifest",
    ],
    causes: [
      "a skill or a prompt file that the manifest names is missing, or is neither a folder with a SKILL.md nor a .md file",
      "it is, holds or lies in a protected folder, or a project's file names one outside the project",
      "something in it is no regular file, leads out of it by a link, or is more than a skill may hold",
      "the agent knows no skills, or has no configuration that could be brought in",
      "a file changed between the plan and the start",
    ],
    mend: [
      "the message names each path and what is wrong with it",
      "copy what you need of it into a folder of its own",
    ],
  },
  PLAN_INVALID: {
    example: ["bottle: no backend is called dcoker [PLAN_INVALID]", "  use one of: bubblewrap"],
    causes: [
      "parts that are right on their own and do not fit together: two rules, a rule and its credential, a mount and another",
    ],
    mend: ["`bottle start AGENT --dry-run` prints the whole plan", "the message names the part that does not fit"],
  },
  HOST_UNFIT: {
    example: ["bottle: bubblewrap is missing [HOST_UNFIT]", "  sudo apt-get install bubblewrap"],
    causes: [
      "a program is missing or too old",
      "the kernel forbids user namespaces",
      "a second bottle without a control group: memory and processes could not be limited",
    ],
    mend: ["`bottle doctor` checks the machine, and says what to type for each line"],
  },
  AGENT_BINARY_MISSING: {
    example: [
      "bottle: Claude Code was not found on this machine [AGENT_BINARY_MISSING]",
      "  npm install -g @anthropic-ai/claude-code, or name a program with --command",
    ],
    causes: [
      "the agent is not installed, and its pinned package could not be fetched",
      "`--command` names something that is not there, or that lies in the workspace",
    ],
    mend: ["install the agent, or name its program with `--command /absolute/path`"],
  },
  IMAGE_FAILED: {
    example: [
      "bottle: the engine does not have the base debian:bookworm-slim [IMAGE_FAILED]",
      "  leave --offline away, or name one it has with --base",
    ],
    causes: [
      "the base image is neither in the engine nor can it be fetched",
      "a step of the build failed; what the engine said is above the error",
      "the base changed, or the program that goes in, while the image was built",
      "an image that a container uses was to be removed",
    ],
    mend: [
      "`bottle image build --base IMAGE` begins with an image that the engine has",
      "`bottle doctor` says whether the engine answers",
      "`bottle prune` removes containers of bottles that are gone; then `bottle image prune` again",
    ],
  },
  STATE_UNUSABLE: {
    example: [
      "bottle: ~/.local/state/bot-bottle/bottles cannot be written [STATE_UNUSABLE]",
      "  check the free space and the rights of the folder",
    ],
    causes: [
      "a full disk, or a file system that is read-only",
      "a folder of ours that belongs to somebody else, is open to others, or is a link",
      "a record or log that was changed by hand",
    ],
    mend: [
      "the message names the folder: mend its owner and rights, or free space",
      "`bottle rm --force NAME` removes a bottle whose record cannot be read",
    ],
  },
  CREATE_FAILED: {
    example: [
      "bottle: no listening socket in the bottle: nothing came in 10000 ms [CREATE_FAILED]",
      "  run `bottle doctor`",
    ],
    causes: ["the kernel or systemd refused a namespace, a mount or a control group", "a machine under great load"],
    mend: ["`bottle doctor` names what is refused", "what was made before is undone; try again"],
  },
  PROVISION_FAILED: {
    example: [
      "bottle: the workspace ~/project could not be read whole: data.db: Permission denied [PROVISION_FAILED]",
      "  every file in it must be readable by you: what cannot be searched for secrets is not brought in",
    ],
    causes: ["a file that you may not read", "no space for the copy", "`tar` inside ended with an error"],
    mend: ["mend the rights of the file that is named, or free space"],
  },
  SEAL_BROKEN: {
    example: ["bottle: the bottle is not sealed: dns: expected no answer, seen an answer [SEAL_BROKEN]"],
    causes: [
      "a kernel or a tool that does not do what it was asked for",
      "a secret that came in by a way that was not searched before",
    ],
    mend: [
      "the agent was not started, and the bottle is gone: nothing has leaked",
      "please report it with the output of `bottle doctor`; SECURITY.md says how",
    ],
  },
  BOTTLE_GONE: {
    example: ["bottle: the bottle ended while tar ran or before [BOTTLE_GONE]"],
    causes: [
      "somebody stopped the bottle, or a signal ended the start",
      "the kernel ended it for want of memory, or its limits did",
    ],
    mend: [
      "`bottle audit NAME` and `bottle logs NAME` tell what came before",
      "a greater `limits.memory` in the manifest",
    ],
  },
  TEARDOWN_INCOMPLETE: {
    example: ["bottle: claude-x7k2p has not ended within 35 s [TEARDOWN_INCOMPLETE]"],
    causes: [
      "a process that hangs in the kernel, or a host process that was stopped",
      "a folder that cannot be removed",
    ],
    mend: ["the hint says what to type; `bottle prune` removes what is left, and may be run again"],
  },
  INVARIANT: {
    example: ["bottle: not an absolute program: tar [INVARIANT]"],
    causes: ["a mistake in bot-bottle"],
    mend: ["please report it with the message and the output of `bottle doctor`; `bottle prune` removes what is left"],
  },
};
