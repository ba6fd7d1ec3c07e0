import { refusal } from "./clap-values.ts";
import { type CommandShape, type Flag, flagText } from "./flag.ts";
import { COMMANDS } from "./flag-table.ts";
import { atLeast } from "./version-order.ts";

/** What was asked of the program, as clap 4 with its default settings would have read it. */
export interface Asked {
  /** `machine create` and the like; of a request for help also a group, or nothing. */
  readonly command: string;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positional: ReadonlyMap<string, string>;
  readonly trailing: readonly string[];
  /** `--help` was met before anything that is wrong: nothing else counts. */
  readonly help?: true;
}

/** A usage error: exit 2, `error: ...` on stderr. */
export class UsageError extends Error {}

const during = (version: string, { since, until }: { readonly since?: string; readonly until?: string }): boolean =>
  (since === undefined || atLeast(version, since)) && (until === undefined || !atLeast(version, until));

/** The commands of a release, with the flags that it has. */
export function commandsOf(version: string): readonly CommandShape[] {
  return COMMANDS.filter((command) => during(version, command)).map((command) => ({
    ...command,
    flags: command.flags.filter((flag) => during(version, flag)),
  }));
}

const help = (command: string): Asked => ({
  command,
  flags: new Set(),
  values: new Map(),
  lists: new Map(),
  positional: new Map(),
  trailing: [],
  help: true,
});
const asksHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";

/** Reads argv as `version` did: no abbreviations, nothing twice, no value that begins with `-` unless joined by `=`. */
export function parse(version: string, argv: readonly string[]): Asked {
  if (asksHelp(argv[0])) return help("");
  if (argv[0] === "help") return parse(version, [...argv.slice(1), "--help"]);
  const group = argv[0] === "vm" ? "machine" : argv[0];
  const commands = commandsOf(version).filter(({ words }) => words[0] === group);
  if (group === undefined || commands.length === 0) throw new UsageError(`unrecognized subcommand '${argv[0] ?? ""}'`);
  if (asksHelp(argv[1])) return help(group);
  if (argv[1] === "help") return parse(version, [group, ...argv.slice(2), "--help"]);
  const shape = commands.find(({ words, aliases = [] }) => words[1] === argv[1] || aliases.includes(argv[1] ?? ""));
  if (shape === undefined) throw new UsageError(`unrecognized subcommand '${argv[1] ?? ""}'`);
  return read(shape, argv.slice(2));
}

/** What the words behind a command come to, before anything is required of them. */
class Reading {
  readonly flags = new Set<string>();
  readonly values = new Map<string, string>();
  readonly lists = new Map<string, string[]>();
  readonly #rest: string[];
  readonly #known: readonly Flag[];

  constructor(known: readonly Flag[], argv: readonly string[]) {
    this.#known = known;
    this.#rest = [...argv];
  }

  next(): string | undefined {
    return this.#rest.shift();
  }

  remaining(): string[] {
    return this.#rest.splice(0);
  }

  has(long: string): boolean {
    return this.flags.has(long) || this.values.has(long) || this.lists.has(long);
  }

  /** True: help was asked for. */
  long(word: string): boolean {
    const at = word.indexOf("=");
    const long = at < 0 ? word.slice(2) : word.slice(2, at);
    if (word === "--help") return true;
    this.#take(
      this.#find((flag) => flag.long === long, word),
      at < 0 ? undefined : word.slice(at + 1),
    );
    return false;
  }

  /** A bundle such as `-it`, `-nNAME` or `-n=NAME`. True: help was asked for. */
  short(word: string): boolean {
    for (let at = 1; at < word.length; at += 1) {
      if (word[at] === "h") return true;
      const flag = this.#find(({ short }) => short === word[at], word);
      if (flag.kind !== "flag") {
        const joined = word.slice(at + 1);
        this.#take(flag, joined === "" ? undefined : joined.replace(/^=/, ""));
        break;
      }
      this.#take(flag, undefined);
    }
    return false;
  }

  #isOption(word: string): boolean {
    const [head = ""] = word.split("=");
    return this.#known.some(({ long, short }) => head === `--${long}` || (short !== undefined && word[1] === short));
  }

  #find(matches: (flag: Flag) => boolean, word: string): Flag {
    const flag = this.#known.find(matches);
    if (flag === undefined) throw new UsageError(`unexpected argument '${word.split("=")[0]}' found`);
    return flag;
  }

  #take(flag: Flag, joined: string | undefined): void {
    if (flag.kind === "flag") {
      if (joined !== undefined)
        throw new UsageError(`unexpected value '${joined}' for '${flagText(flag)}' found; no more were expected`);
      if (this.flags.has(flag.long)) throw twice(flag);
      this.flags.add(flag.long);
      return;
    }
    const text = joined ?? this.next();
    if (text === undefined || (joined === undefined && text.startsWith("-") && text !== "-")) {
      if (text !== undefined && !this.#isOption(text)) throw new UsageError(`unexpected argument '${text}' found`);
      throw new UsageError(`a value is required for '${flagText(flag)}' but none was supplied`);
    }
    const why = refusal(flag.takes ?? "text", text);
    if (why !== null) throw new UsageError(`invalid value '${text}' for '${flagText(flag)}': ${why}`);
    if (flag.kind === "list") {
      const list = this.lists.get(flag.long) ?? [];
      list.push(text);
      this.lists.set(flag.long, list);
    } else if (this.values.has(flag.long)) throw twice(flag);
    else this.values.set(flag.long, text);
  }
}

function read(shape: CommandShape, argv: readonly string[]): Asked {
  const command = shape.words.join(" ");
  const reading = new Reading(shape.flags, argv);
  const plain: string[] = [];
  let trailing: string[] = [];
  for (let word = reading.next(); word !== undefined; word = reading.next()) {
    if (word === "--") {
      if (shape.trailing === undefined) plain.push(...reading.remaining());
      else trailing = reading.remaining();
    } else if (word.startsWith("--")) {
      if (reading.long(word)) return help(command);
    } else if (word.startsWith("-") && word !== "-") {
      if (reading.short(word)) return help(command);
    } else if (shape.trailing === "greedy" && plain.length >= shape.positional.length) {
      trailing = [word, ...reading.remaining()];
    } else plain.push(word);
  }
  const positional = new Map<string, string>();
  const lacks: string[] = [];
  for (const place of shape.positional) {
    const text = plain.shift();
    if (text !== undefined) positional.set(place.replace("?", ""), text);
    else if (!place.endsWith("?")) lacks.push(`<${place}>`);
  }
  if (plain.length > 0) throw new UsageError(`unexpected argument '${plain[0]}' found`);
  if (shape.trailing === "greedy" && shape.mayTrail !== true && trailing.length === 0) lacks.push("<COMMAND>...");
  const named = (long: string) => shape.flags.filter((flag) => flag.long === long).map(flagText);
  for (const flag of shape.flags) {
    const { long, required, unless, conflicts = [], requires = [] } = flag;
    if (!reading.has(long)) {
      if (required === true || unless?.some((one) => reading.has(one)) === false) lacks.push(flagText(flag));
      continue;
    }
    const other = conflicts.find((one) => reading.has(one));
    if (other !== undefined)
      throw new UsageError(`the argument '${flagText(flag)}' cannot be used with '${named(other)[0]}'`);
    lacks.push(...requires.filter((one) => !reading.has(one)).flatMap(named));
  }
  if (lacks.length > 0) throw missing(lacks);
  const { flags, values, lists } = reading;
  return { command, flags, values, lists, positional, trailing };
}

const twice = (flag: Flag) => new UsageError(`the argument '${flagText(flag)}' cannot be used multiple times`);
const missing = (what: readonly string[]) =>
  new UsageError(["the following required arguments were not provided:", ...what].join("\n  "));
