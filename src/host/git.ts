import type { Readable } from "node:stream";
import { BottleError } from "../core/model/errors.ts";
import { printable } from "../core/wire/printable.ts";
import { type RunResult, run } from "./exec.ts";

export interface GitOptions {
  readonly stdin?: Readable | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly onStdout?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

/** Git in one repository, with an environment that is all ours. */
export interface Git {
  /** Runs a command to its end; an exit code is data. Errors: HOST_UNFIT; GIT_FAILED when it takes too long or says too much. */
  attempt(args: readonly string[], options?: GitOptions): Promise<RunResult>;
  /** As `attempt`, but any exit code except 0 is an error. Errors: GIT_FAILED. */
  run(args: readonly string[], options?: GitOptions): Promise<Buffer>;
  /** What it printed, without the last line feed. Errors: GIT_FAILED. */
  line(args: readonly string[], options?: GitOptions): Promise<string>;
}

const TIMEOUT_MS = 120_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Config as environment (git-config(1), GIT_CONFIG_COUNT): it outranks every file and shows in no argument list. */
export function configEnvironment(settings: readonly (readonly [string, string])[]): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [index, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return env;
}

/** What every git of ours has: no question, no network, no replaced object, nothing fetched behind our back. */
export const QUIET: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  PATH: "/usr/bin:/bin",
  GIT_TERMINAL_PROMPT: "0",
  GIT_NO_LAZY_FETCH: "1",
  // Set and empty: no protocol at all (git(1)).
  GIT_ALLOW_PROTOCOL: "",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_EDITOR: "true",
  GIT_PAGER: "cat",
  GIT_ASKPASS: "",
  // No single thing that git holds in memory is larger: what is huge is streamed (core.bigFileThreshold).
  GIT_ALLOC_LIMIT: "1g",
};

/** What git may run by configuration, off; and names that another file system takes for `.git`, refused. */
export const STILL: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.protectNTFS", "true"],
  ["core.protectHFS", "true"],
  ["core.pager", "cat"],
  ["core.editor", "true"],
  ["core.askPass", ""],
  ["core.sshCommand", "false"],
  ["core.gitProxy", ""],
  ["core.alternateRefsCommand", "false"],
  ["credential.helper", ""],
  ["protocol.allow", "never"],
  ["diff.external", ""],
  ["gpg.program", "/bin/false"],
  ["commit.gpgSign", "false"],
  ["tag.gpgSign", "false"],
  ["log.showSignature", "false"],
  ["merge.verifySignatures", "false"],
  ["submodule.recurse", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
];

/**
 * Git for a repository of our own that no agent can write (attack row 139): reads no configuration of this machine or
 * of the operator, and runs nothing but itself. Errors: HOST_UNFIT when git is not installed.
 */
export function neutralGit(tools: Readonly<Record<string, string>>, gitDir: string): Git {
  const program = gitProgram(tools);
  return gitWith(program, [], {
    ...QUIET,
    HOME: "/nonexistent",
    GIT_DIR: gitDir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    ...configEnvironment([...STILL, ["core.attributesFile", "/dev/null"], ["core.excludesFile", "/dev/null"]]),
  });
}

/** The host's own git. Errors: HOST_UNFIT. */
export function gitProgram(tools: Readonly<Record<string, string>>): string {
  if (tools.git !== undefined) return tools.git;
  throw new BottleError("HOST_UNFIT", "git is not installed", {
    hint: "install git 2.38 or newer from your distribution",
  });
}

/** Git with exactly this environment; `prefix` stands before every command. */
export function gitWith(program: string, prefix: readonly string[], env: Readonly<Record<string, string>>): Git {
  const attempt: Git["attempt"] = async (args, options = {}) => {
    const result = await run(
      { argv: [program, ...prefix, ...args], env: { ...env, ...options.env } },
      { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ...options },
    );
    if (result.timedOut || result.truncated) {
      const why = result.timedOut ? "took too long and was ended" : "printed more than is read";
      throw new BottleError("GIT_FAILED", `git ${args[0]} ${why}`, { hint: "is the repository on a slow disk?" });
    }
    return result;
  };
  return gitOf(attempt);
}

/** The rest of a `Git`, made of its `attempt`. */
export function gitOf(attempt: Git["attempt"]): Git {
  const runIt: Git["run"] = async (args, options) => {
    const result = await attempt(args, options);
    if (result.code === 0) return result.stdout;
    throw gitFailure(args[0] ?? "", result);
  };
  return { attempt, run: runIt, line: async (args, options) => text(await runIt(args, options)) };
}

function text(bytes: Buffer): string {
  return bytes.toString("utf8").replace(/\n$/, "");
}

/** The error for a git that ended badly, in its own first words. */
export function gitFailure(command: string, result: Pick<RunResult, "code" | "stderr">): BottleError {
  return new BottleError("GIT_FAILED", `git ${command} ended with ${result.code}: ${complaint(result.stderr)}`, {
    hint: "nothing was changed by this step; git's own words say what it did not like",
  });
}

/** Git's first complaint, on one line and printable. */
export function complaint(stderr: Buffer): string {
  const lines = stderr.toString("utf8").split("\n").filter(Boolean);
  const line = lines.find((candidate) => /^(?:fatal|error):/.test(candidate)) ?? lines[0] ?? "no words";
  return printable(line.replace(/^(?:fatal|error): /, ""), 300);
}
