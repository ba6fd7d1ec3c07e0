import { COMMANDS, type CommandShape, type Flag } from "./flag-table.ts";
import { atLeast } from "./version-order.ts";

/** What was asked of the program, as clap 4 with its default settings would have read it. */
export interface Asked {
  /** `machine create` and the like. */
  readonly command: string;
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly positional: ReadonlyMap<string, string>;
  readonly trailing: readonly string[];
}

/** A usage error: exit 2, `error: ...` on stderr. */
export class UsageError extends Error {}

const during = (version: string, { since, until }: { readonly since?: string; readonly until?: string }): boolean =>
  (since === undefined || atLeast(version, since)) && (until === undefined || !atLeast(version, until));

/** Reads argv as `version` did: no abbreviations, nothing twice, no value that begins with `-` unless joined by `=`. */
export function parse(version: string, argv: readonly string[]): Asked {
  const group = argv[0] === "vm" ? "machine" : argv[0];
  const shape = COMMANDS.find(
    (command) =>
      command.words[0] === group &&
      (command.words[1] === argv[1] || (command.aliases ?? []).includes(argv[1] ?? "")) &&
      during(version, command),
  );
  if (shape === undefined) throw new UsageError(`unrecognized subcommand '${argv.slice(0, 2).join(" ")}'`);
  return read(
    shape,
    shape.flags.filter((flag) => during(version, flag)),
    argv.slice(2),
  );
}

function read(shape: CommandShape, known: readonly Flag[], argv: readonly string[]): Asked {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  const plain: string[] = [];
  const rest = [...argv];
  let trailing: string[] = [];
  const take = (flag: Flag, joined: string | undefined): void => {
    if (flag.kind === "flag") {
      if (joined !== undefined) throw new UsageError(`unexpected value '${joined}' for '--${flag.long}'`);
      if (flags.has(flag.long)) throw twice(flag);
      flags.add(flag.long);
      return;
    }
    const text = joined ?? rest.shift();
    if (text === undefined || (joined === undefined && text.startsWith("-") && text !== "-")) {
      throw new UsageError(`a value is required for '--${flag.long}' but none was supplied`);
    }
    if (flag.kind === "list") lists.set(flag.long, [...(lists.get(flag.long) ?? []), text]);
    else if (values.has(flag.long)) throw twice(flag);
    else values.set(flag.long, text);
  };
  const find = (matches: (flag: Flag) => boolean, word: string): Flag => {
    const flag = known.find(matches);
    if (flag === undefined) throw new UsageError(`unexpected argument '${word}' found`);
    return flag;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") {
      if (shape.trailing === undefined) plain.push(...rest.splice(0));
      else trailing = rest.splice(0);
    } else if (word.startsWith("--")) {
      const [, long = "", joined] = /^--([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
      take(
        find((flag) => flag.long === long, word),
        joined,
      );
    } else if (word.startsWith("-") && word !== "-") {
      for (let at = 1; at < word.length; at += 1) {
        const flag = find(({ short }) => short === word?.[at], word);
        if (flag.kind === "flag") {
          take(flag, undefined);
          continue;
        }
        const joined = word.slice(at + 1).replace(/^=/, "");
        take(flag, joined === "" ? undefined : joined);
        break;
      }
    } else if (shape.trailing === "greedy") trailing = [word, ...rest.splice(0)];
    else plain.push(word);
  }
  for (const { long, conflicts = [] } of known) {
    const other = conflicts.find((one) => values.has(one));
    if (values.has(long) && other !== undefined) {
      throw new UsageError(`the argument '--${long}' cannot be used with '--${other}'`);
    }
  }
  const positional = new Map<string, string>();
  for (const place of shape.positional) {
    const text = plain.shift();
    if (text !== undefined) positional.set(place.replace("?", ""), text);
    else if (!place.endsWith("?"))
      throw new UsageError(`the following required arguments were not provided: <${place}>`);
  }
  if (plain.length > 0) throw new UsageError(`unexpected argument '${plain[0]}' found`);
  if (shape.trailing === "greedy" && trailing.length === 0) {
    throw new UsageError("the following required arguments were not provided: <COMMAND>...");
  }
  return { command: shape.words.join(" "), flags, values, lists, positional, trailing };
}

const twice = (flag: Flag) => new UsageError(`the argument '--${flag.long}' cannot be used multiple times`);
