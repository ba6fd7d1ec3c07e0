import { type ErrorKind, EXIT_OF_KIND } from "../core/model/errors.ts";
import type { Term, Verb } from "./verb.ts";

/** One piece of a manual's section. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "terms"; readonly terms: readonly Term[] }
  /** Lines to type, as they are. */
  | { readonly kind: "lines"; readonly lines: readonly string[] };

/** A section of a manual, in the order and with the names of man-pages(7). */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Manual {
  /** Of the page: `bottle-start`. */
  readonly name: string;
  readonly summary: string;
  readonly sections: readonly Section[];
}

const KINDS: Readonly<Record<ErrorKind, string>> = {
  usage: "what was asked cannot be done as it was asked",
  manifest: "something in a manifest, or a value that it needs, is not right",
  host: "this machine lacks something",
  bottle: "the bottle could not be made or kept",
  bug: "a bug of bot-bottle",
};

/** The codes that every verb may end with. */
const COMMON_EXITS: readonly Term[] = [
  { term: "0", meaning: "done" },
  ...Object.entries(EXIT_OF_KIND).map(([kind, code]) => ({ term: String(code), meaning: KINDS[kind as ErrorKind] })),
];

const PROGRAM_FILES: readonly Term[] = [
  { term: "~/.config/bot-bottle/bot-bottle.json", meaning: "your manifest" },
  {
    term: "~/.local/state/bot-bottle/bottles/NAME/",
    meaning: "a bottle: its record, plan, audit log, home, workspace",
  },
  { term: "~/.local/state/bot-bottle/archive/", meaning: "audit log, plan and transcript of removed bottles" },
  { term: "~/.cache/bot-bottle/", meaning: "programs that were fetched" },
];

const PROGRAM_ENVIRONMENT: readonly Term[] = [
  {
    term: "XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, XDG_RUNTIME_DIR",
    meaning: "where those folders lie (XDG Base Directory Specification)",
  },
  { term: "NO_COLOR", meaning: "not empty: no colours" },
];

/** `bottle start [options] <agent> [path] [-- <argument>...]`. */
export function synopsis({ name, usage, options, rest, passThrough }: Verb): string {
  const parts = ["bottle", name, options.length > 0 ? "[options]" : "", usage];
  return [...parts, rest === true && passThrough !== true ? "[-- <argument>...]" : ""].filter(Boolean).join(" ");
}

/** What an option says of itself beside its flags. */
function optionMeaning({ summary, choices, repeatable }: Verb["options"][number]): string {
  const notes = [choices === undefined ? "" : `one of ${choices.join(", ")}`, repeatable ? "may be repeated" : ""];
  return [summary, ...notes.filter(Boolean)].join("; ");
}

/** The manual of a verb: one source for the help on the terminal and for the manual page. */
export function manualOf(verb: Verb): Manual {
  const also = verb.aliases.length === 0 ? "" : ` (also: ${verb.aliases.join(", ")})`;
  const options = verb.options.map((option) => ({ term: option.flags, meaning: optionMeaning(option) }));
  return {
    name: `bottle-${verb.name}`,
    summary: verb.summary,
    sections: [
      section("NAME", [text(`bottle ${verb.name} - ${verb.summary}${also}`)]),
      section("SYNOPSIS", [lines([synopsis(verb)])]),
      section("DESCRIPTION", [text(verb.details ?? `${capital(verb.summary)}.`)]),
      section("OPTIONS", [terms([...options, { term: "-h, --help", meaning: "show this manual" }])]),
      section("EXIT STATUS", [terms([...(verb.exits ?? []), ...COMMON_EXITS.filter(notIn(verb.exits))])]),
      section("FILES", [terms(verb.files ?? [])]),
      section("ENVIRONMENT", [terms(verb.environment ?? [])]),
      section("EXAMPLES", [lines(verb.examples)]),
      section("SEE ALSO", [text(["bottle(1)", ...(verb.seeAlso ?? []).map((name) => `bottle-${name}(1)`)].join(", "))]),
    ].filter(({ blocks }) => blocks.length > 0),
  };
}

/** The manual of the whole command. */
export function programManual(overview: string, verbs: readonly Verb[]): Manual {
  const shown = verbs.filter(({ hidden }) => hidden !== true);
  const summary = "run coding agents unattended, each in a bottle";
  return {
    name: "bottle",
    summary,
    sections: [
      section("NAME", [text(`bottle - ${summary}`)]),
      section("SYNOPSIS", [lines(["bottle <verb> [options] [arguments]", "bottle help <verb>", "bottle help <CODE>"])]),
      section("DESCRIPTION", [
        text(overview),
        text("stdout carries data, stderr carries talk. Nothing is asked when stdin or stdout is not a terminal."),
      ]),
      section("VERBS", [terms(shown.map((verb) => ({ term: `bottle ${verb.name}`, meaning: verb.summary })))]),
      section("EXIT STATUS", [
        text("These hold until the agent runs; start and exec then pass on the agent's own, and 128+n after signal n."),
        terms([...COMMON_EXITS, { term: "125", meaning: "bot-bottle itself failed after the agent had started" }]),
      ]),
      section("FILES", [terms(PROGRAM_FILES)]),
      section("ENVIRONMENT", [terms(PROGRAM_ENVIRONMENT)]),
      section("SEE ALSO", [text(shown.map(({ name }) => `bottle-${name}(1)`).join(", "))]),
    ],
  };
}

const text = (words: string): Block => ({ kind: "text", text: words });
const terms = (list: readonly Term[]): Block => ({ kind: "terms", terms: list });
const lines = (list: readonly string[]): Block => ({ kind: "lines", lines: list });
const capital = (words: string): string => `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
const notIn = (list: readonly Term[] | undefined) => (exit: Term) => !list?.some(({ term }) => term === exit.term);

/** A section without the blocks that have nothing in them. */
function section(title: string, blocks: readonly Block[]): Section {
  const full = (block: Block) =>
    block.kind === "text" || (block.kind === "terms" ? block.terms : block.lines).length > 0;
  return { title, blocks: blocks.filter(full) };
}
