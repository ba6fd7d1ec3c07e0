import { commandsOf } from "./clap.ts";
import { type CommandShape, type Flag, flagText } from "./flag.ts";
import { atLeast } from "./version-order.ts";

/** Words that are known of what upstream's help says of itself. */
const GROUPS: Readonly<Record<string, string>> = {
  machine: "Manage machines (create, start, stop, exec)",
  serve: "Start the HTTP API server for programmatic control",
  pack: "Package and run self-contained VM executables",
  config: "Manage smolvm configuration (registries, defaults)",
};
/** A note of its authors that went in with it. */
const BOXED = " (boxed: the machine arg structs dwarf every other variant)";
const HELP: Flag = { long: "help", short: "h", kind: "flag" };

/** What `--help` of the program (empty), of a group or of a command prints, in clap's layout. */
export function helpOf(version: string, command: string): string {
  if (command === "") {
    return page("smolvm <COMMAND>", [
      section("Commands", [
        ...Object.entries(GROUPS),
        ["help", "Print this message or the help of the given subcommand(s)"],
      ]),
      section("Options", [optionRow(HELP), ["-V, --version", "Print version"]]),
    ]);
  }
  const shape = commandsOf(version).find(({ words }) => words.join(" ") === command);
  if (shape === undefined) {
    const rows = commandsOf(version).filter(({ words, hidden }) => words[0] === command && hidden !== true);
    const names = rows.map(({ words, aliases = [] }): Row => {
      return [words[1], aliases.length === 0 ? "" : `[aliases: ${aliases.join(", ")}]`];
    });
    const boxed = command === "machine" && atLeast(version, "1.8.3") ? BOXED : "";
    const head = GROUPS[command] === undefined ? [] : [`${GROUPS[command]}${boxed}\n`];
    return page(
      `smolvm ${command} <COMMAND>`,
      [section("Commands", [...names, ["help", ""]]), section("Options", [optionRow(HELP)])],
      head,
    );
  }
  const shown = shape.flags.filter(
    ({ hidden }) => hidden === undefined || (hidden !== "always" && atLeast(version, hidden)),
  );
  const places = placesOf(shape);
  return page(`smolvm ${command} [OPTIONS]${places.map((place) => ` ${place}`).join("")}`, [
    ...(places.length === 0
      ? []
      : [
          section(
            "Arguments",
            places.map((place): Row => [place, ""]),
          ),
        ]),
    section("Options", [...shown, HELP].map(optionRow)),
  ]);
}

type Row = readonly [string, string];

function placesOf({ positional, trailing, mayTrail }: CommandShape): string[] {
  const places = positional.map((place) => (place.endsWith("?") ? `[${place.slice(0, -1)}]` : `<${place}>`));
  if (trailing === "separate") return [...places, "[-- <COMMAND>...]"];
  if (trailing === "greedy") return [...places, mayTrail === true ? "[COMMAND]..." : "<COMMAND>..."];
  return places;
}

function optionRow(flag: Flag): Row {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  return [`${short}${flagText(flag)}`, flag.long === "help" ? "Print help" : ""];
}

function section(title: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${right === "" ? left : `${left.padEnd(width)}  ${right}`}`);
  return `${title}:\n${lines.join("\n")}\n`;
}

function page(usage: string, sections: readonly string[], head: readonly string[] = []): string {
  return [...head, `Usage: ${usage}\n`, ...sections].join("\n");
}
