import { BottleError, ERROR_CODES, type ErrorCode, isErrorCode } from "../core/model/errors.ts";
import { nearest } from "../core/plan/nearest.ts";
import type { Verb, VerbInput } from "./verb.ts";
import { verbs } from "./verbs.ts";

/** What the command line asks for: run a verb, or print a text (help, version, usage error). */
export type Call =
  | { readonly kind: "verb"; readonly verb: Verb; readonly input: VerbInput }
  | { readonly kind: "print"; readonly text: string; readonly toStderr: boolean; readonly exitCode: number };

export const OVERVIEW =
  "Runs coding agents unattended, each in a bottle: its own file system, no real credential inside, and one way out, " +
  "a gateway that allows what is listed and writes everything down.";

/** Parses `argv` (without program and script). Commander does the words; what a verb passes on behind `--` is never its business. Errors: USAGE. */
export async function parse(argv: readonly string[], version: () => Promise<string>): Promise<Call> {
  const { Command, CommanderError, Option } = await import("commander");
  const named = verbs.filter((verb) => isCalled(verb, argv[0]));
  const split = named.some((verb) => verb.rest) ? argv.indexOf("--") : -1;
  const words = split < 0 ? argv : argv.slice(0, split);
  const rest = split < 0 ? [] : argv.slice(split + 1);
  const shown = named.length > 0 ? named : words[0] === "help" ? verbs.filter((verb) => isCalled(verb, words[1])) : [];
  const manual = shown.length > 0 && asksHelp(words) ? await loadManual() : null;

  let printed = "";
  let found: Call | null = null;
  const write = (text: string) => {
    printed += text;
  };
  const output = { writeOut: write, writeErr: write };
  const program = new Command("bottle")
    .description(OVERVIEW)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput(output)
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [verb|code]", "show the help of a verb, or what an error code means")
    .option("-V, --version", "print the version")
    .addHelpText("after", "\nThe manual of a verb: bottle help VERB. What an error means: bottle help CODE.");

  // The one that is named; all only where they are listed or guessed from: each costs half a millisecond.
  for (const verb of shown.length > 0 ? shown : verbs) {
    const words = `${verb.name} ${verb.usage}`.trim();
    const command = program.command(words, { hidden: verb.hidden === true }).summary(verb.summary);
    command.aliases([...verb.aliases]);
    if (manual !== null) command.configureHelp({ formatHelp: (_, { helpWidth }) => manual(verb, helpWidth ?? 80) });
    command.exitOverride().configureOutput(output).helpOption("-h, --help", "show this help");
    if (verb.passThrough) command.passThroughOptions();
    for (const option of verb.options) {
      const built = new Option(option.flags, option.summary);
      if (option.choices) built.choices([...option.choices]);
      if (option.repeatable) built.argParser((value: string, list: string[] | undefined) => [...(list ?? []), value]);
      command.addOption(built);
    }
    command.action(() => {
      const input = {
        positionals: command.processedArgs.flat().filter((word) => word !== undefined),
        options: command.opts(),
        rest,
      };
      found = { kind: "verb", verb, input };
    });
  }

  try {
    if (words[0] === "--version" || words[0] === "-V") {
      return { kind: "print", text: `bottle ${await version()}\n`, toStderr: false, exitCode: 0 };
    }
    if (words.length === 0 || words[0] === "--")
      return { kind: "print", text: program.helpInformation(), toStderr: true, exitCode: 2 };
    if (words[0] === "help" && words[1] !== undefined) {
      if (isErrorCode(words[1]))
        return { kind: "print", text: await errorText(words[1]), toStderr: false, exitCode: 0 };
      checkVerb(words[1]);
    }
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error.message, named[0]);
    return { kind: "print", text: printed, toStderr: false, exitCode: 0 };
  }
  if (found === null) throw new BottleError("USAGE", "nothing to do", { hint: "bottle --help lists the verbs" });
  return found;
}

function isCalled({ name, aliases }: Verb, word = ""): boolean {
  return name === word || aliases.includes(word);
}

/** Only then is the manual loaded: no other start needs it. */
function asksHelp(words: readonly string[]): boolean {
  return words[0] === "help" || words.includes("-h") || words.includes("--help");
}

async function loadManual(): Promise<(verb: Verb, width: number) => string> {
  const [{ manualOf }, { manualText }] = await Promise.all([import("./manual.ts"), import("./manual-text.ts")]);
  return (verb, width) => manualText(manualOf(verb), width);
}

async function errorText(code: ErrorCode): Promise<string> {
  const [{ errorManual }, { manualText }] = await Promise.all([
    import("./error-manual.ts"),
    import("./manual-text.ts"),
  ]);
  return manualText(errorManual(code), 80);
}

/** Commander's words in ours: `error: what is wrong`, then perhaps `(Did you mean ...?)`. */
function usageError(text: string, verb: Verb | undefined): BottleError {
  const [first = "", ...more] = text.split("\n");
  const guesses = more.map((line) => line.replace(/^\((.*)\)$/, "$1"));
  const help = verb === undefined ? "bottle help lists the verbs" : `bottle help ${verb.name} says what it takes`;
  return new BottleError("USAGE", first.replace(/^error: /, ""), { hint: [...guesses, help].join(" ") });
}

function checkVerb(word: string): void {
  const names = ["help", ...verbs.filter((verb) => !verb.hidden).flatMap(({ name, aliases }) => [name, ...aliases])];
  if (word.startsWith("-") || names.includes(word)) return;
  // Codes of errors are in capitals, and help explains them too.
  const code = /^[A-Z][A-Z_]+$/.test(word);
  const meant = nearest(word, code ? Object.keys(ERROR_CODES) : names);
  const where = code ? "docs/errors.md lists the codes" : "bottle help lists the verbs";
  const hint = `${meant === null ? "" : `did you mean ${meant}? `}${where}`;
  throw new BottleError("USAGE", `no ${code ? "error code" : "verb"} is called ${word}`, { hint });
}
