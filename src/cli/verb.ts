import type { Io } from "./io.ts";

/** One option of a verb, as commander understands it. */
export interface Option {
  /** e.g. `-p, --prompt <text>`. */
  readonly flags: string;
  readonly summary: string;
  /** May be given several times; the value is then a list. */
  readonly repeatable?: boolean;
  readonly choices?: readonly string[];
}

/** A word of the manual and what it means: an exit code, a file, a variable. */
export interface Term {
  readonly term: string;
  readonly meaning: string;
}

/** Name of the verb that hosts a detached bottle; not for people. */
export const HOST_VERB = "__host";

/** What the command line said, after parsing. */
export interface VerbInput {
  readonly positionals: readonly string[];
  /** Option values by camel-case name: string, true, or list. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  /** What stood after `--`, where the verb passes it on. */
  readonly rest: readonly string[];
}

/** Runs a verb; resolves with the exit code of the process. */
export type VerbRun = (input: VerbInput, io: Io) => Promise<number>;

/** One verb of `bottle`: data for the help, the reference page and the parser; its code is loaded when it is called. */
export interface Verb {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Positional arguments, e.g. `<agent> [path]`. */
  readonly usage: string;
  readonly options: readonly Option[];
  readonly details?: string;
  readonly examples: readonly string[];
  /** Exit codes beside those that every verb has. */
  readonly exits?: readonly Term[];
  /** Files and variables that matter to this verb more than to others. */
  readonly files?: readonly Term[];
  readonly environment?: readonly Term[];
  /** Names of verbs that one would look at next. */
  readonly seeAlso?: readonly string[];
  /** For programs (shell completion): in no help, page or completion. */
  readonly hidden?: boolean;
  /** What stands after `--` is no business of ours and goes on as it is; elsewhere `--` only ends the options. */
  readonly rest?: boolean;
  /** What follows the first positional is passed on even without `--` (exec). */
  readonly passThrough?: boolean;
  readonly load: () => Promise<VerbRun>;
}

/** The value of a string option, or undefined. */
export function text(input: VerbInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of a repeatable option. */
export function texts(input: VerbInput, name: string): readonly string[] {
  const value = input.options[name];
  return typeof value === "object" ? value : typeof value === "string" ? [value] : [];
}

/** True when a flag was given. */
export function flag(input: VerbInput, name: string): boolean {
  return input.options[name] === true;
}

/** True when a flag that begins with `no-` was given; `name` is without it. */
export function negated(input: VerbInput, name: string): boolean {
  return input.options[name] === false;
}
