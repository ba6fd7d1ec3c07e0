import { BottleError } from "../core/model/errors.ts";
import type { Verb, VerbInput } from "./verb.ts";
import { verbs } from "./verbs.ts";

/** What the command line asks for: run a verb, or print a text (help, version, usage error). */
export type Call =
  | { readonly kind: "verb"; readonly verb: Verb; readonly input: VerbInput }
  | { readonly kind: "print"; readonly text: string; readonly toStderr: boolean; readonly exitCode: number };

const OVERVIEW =
  "Runs coding agents unattended, each in a bottle: its own file system, no real credential inside, and one way out, " +
  "a gateway that allows what is listed and writes everything down.";

/** Parses `argv` (without program and script). Commander does the words; what follows the first `--` is never its business. */
export async function parse(argv: readonly string[], version: () => Promise<string>): Promise<Call> {
  const { Command, CommanderError, Option } = await import("commander");
  const split = argv.indexOf("--");
  const words = split < 0 ? argv : argv.slice(0, split);
  const rest = split < 0 ? [] : argv.slice(split + 1);

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
    .helpCommand("help [verb]", "show the help of a verb")
    .option("-V, --version", "print the version");

  // The one that is named; all only where they are listed or guessed from: each costs half a millisecond.
  const named = verbs.filter((verb) => verb.name === words[0] || verb.aliases.includes(words[0] ?? ""));
  for (const verb of named.length > 0 ? named : verbs) {
    const command = program.command(`${verb.name} ${verb.usage}`.trim()).summary(verb.summary);
    command.description(verb.details ? `${verb.summary}\n\n${verb.details}` : verb.summary).aliases([...verb.aliases]);
    command.exitOverride().configureOutput(output).helpOption("-h, --help", "show this help");
    if (verb.passThrough) command.passThroughOptions();
    for (const option of verb.options) {
      const built = new Option(option.flags, option.summary);
      if (option.choices) built.choices([...option.choices]);
      if (option.repeatable) built.argParser((value: string, list: string[] | undefined) => [...(list ?? []), value]);
      command.addOption(built);
    }
    command.addHelpText("after", `\nExamples:\n${verb.examples.map((example) => `  ${example}\n`).join("")}`);
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
    if (words.length === 0) return { kind: "print", text: program.helpInformation(), toStderr: true, exitCode: 2 };
    program.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const helped = error.exitCode === 0;
    return { kind: "print", text: printed, toStderr: !helped, exitCode: helped ? 0 : 2 };
  }
  if (found === null) throw new BottleError("USAGE", "nothing to do", { hint: "bottle --help lists the verbs" });
  return found;
}
