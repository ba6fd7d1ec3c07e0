import { ERROR_CODES } from "../../core/model/errors.ts";
import { printable } from "../../core/wire/printable.ts";
import type { Option, Verb } from "../verb.ts";

export interface Candidate {
  readonly value: string;
  readonly summary: string;
}

export interface Completion {
  /** Which paths of this machine the shell itself may add. */
  readonly paths: "none" | "folders" | "files";
  readonly candidates: readonly Candidate[];
}

/** Names that only this machine knows; each is asked for only where it can stand. */
export interface KnownNames {
  bottles(): Promise<readonly { readonly name: string; readonly running: boolean; readonly summary: string }[]>;
  agents(): Promise<readonly Candidate[]>;
  /** The agents that others can build on. */
  providers(): Promise<readonly Candidate[]>;
  /** Rule packs. */
  packs(): Promise<readonly Candidate[]>;
  /** Removed bottles that left something, by id. */
  archived(): Promise<readonly Candidate[]>;
  /** Requests that wait for an answer, by id. */
  waiting(): Promise<readonly Candidate[]>;
}

/** Verbs of whose first word only running bottles make sense, and those that want ended ones. */
const ENTERS_RUNNING = ["exec", "stop", "attach", "approvals", "grants"];
/** Those that answer: elsewhere any request of the log may be meant. */
const ANSWERS = ["allow", "deny", "edit"];
const TAKES_ENDED = ["rm", "resume", "recover"];

const NOTHING: Completion = { paths: "none", candidates: [] };
const FILES: Completion = { paths: "files", candidates: [] };
const FOLDERS: Completion = { paths: "folders", candidates: [] };

/**
 * What could stand at `position` of a command line, whose word 0 is the command. Words are as a shell split them; bash
 * splits at `=` and `:` too. Candidates begin with what is typed there; none of them needs quoting.
 */
export async function completeWords(
  verbs: readonly Verb[],
  words: readonly string[],
  position: number,
  known: KnownNames,
): Promise<Completion> {
  const typed = words[position] ?? "";
  const found = await atPosition(verbs, words.slice(1, Math.max(1, position)), typed, known);
  const prefix = typed === "=" || typed === ":" ? "" : typed;
  return { ...found, candidates: found.candidates.filter(({ value }) => value.startsWith(prefix)) };
}

async function atPosition(
  verbs: readonly Verb[],
  before: readonly string[],
  typed: string,
  known: KnownNames,
): Promise<Completion> {
  const [word, ...args] = before;
  if (word === undefined)
    return { paths: "none", candidates: typed.startsWith("-") ? PROGRAM_OPTIONS : verbNames(verbs) };
  if (word === "help")
    return args.length === 0 ? { paths: "none", candidates: [...verbNames(verbs), ...CODES] } : NOTHING;
  const verb = verbs.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (verb === undefined || verb.hidden === true) return NOTHING;

  let positionals = 0;
  let awaiting: Option | undefined;
  const used = new Set<Option>();
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--" && (verb.rest === true || verb.passThrough === true)) return FILES;
    if (awaiting !== undefined && arg !== "=") awaiting = undefined;
    else if (arg === "=" || arg === ":") continue;
    else if (arg.startsWith("-") && arg.length > 1) {
      const option = optionOf(verb, arg);
      if (option !== undefined) used.add(option);
      if (option !== undefined && takesValue(option) && !arg.includes("=")) awaiting = option;
    } else positionals += args[at - 1] === ":" ? 0 : 1;
    if (verb.passThrough === true && positionals > 1) return FILES;
  }
  if (awaiting !== undefined) return valuesOf(awaiting, "", known);
  const assigned = /^(--[^=]+)=/.exec(typed);
  if (assigned !== null) {
    const option = optionOf(verb, assigned[1] ?? "");
    return option === undefined ? NOTHING : valuesOf(option, assigned[0], known);
  }
  if (typed.startsWith("-")) return { paths: "none", candidates: optionsOf(verb, used) };
  // bash splits NAME:PATH; what stands behind the colon is inside the bottle.
  if (typed === ":" || args.at(-1) === ":") return NOTHING;
  return positional(verb, positionals, typed, known);
}

/** What can stand where the usage has this slot; one with alternatives, `<bottle|agent>`, takes what any of them takes. */
async function positional(verb: Verb, index: number, typed: string, known: KnownNames): Promise<Completion> {
  if (verb.passThrough === true && index > 0) return FILES;
  const slots = verb.usage.split(" ").filter(Boolean);
  const slot = slots[index] ?? (slots.at(-1)?.includes("...") ? slots.at(-1) : undefined);
  const kinds = (slot?.replace(/[<>[\].]/g, "") ?? "").split("|");
  const [first = NOTHING, ...more] = await Promise.all(kinds.map((kind) => ofKind(kind, verb, typed, known)));
  // Where none of the alternatives is known, they are the words themselves: `<bash|zsh|fish>`.
  if (more.length > 0 && [first, ...more].every((found) => found === NOTHING))
    return { paths: "none", candidates: kinds.map((value) => ({ value, summary: "" })) };
  return { ...first, candidates: [first, ...more].flatMap(({ candidates }) => candidates) };
}

async function ofKind(kind: string, verb: Verb, typed: string, known: KnownNames): Promise<Completion> {
  switch (kind) {
    case "name":
    case "bottle": {
      if (verb.name === "archive") return { paths: "none", candidates: await known.archived() };
      const bottles = await known.bottles();
      const fits = bottles.filter(({ running }) =>
        ENTERS_RUNNING.includes(verb.name) ? running : !TAKES_ENDED.includes(verb.name) || !running,
      );
      return { paths: "none", candidates: fits.map(({ name, summary }) => ({ value: name, summary })) };
    }
    case "agent":
      return { paths: "none", candidates: await known.agents() };
    case "request":
      return ANSWERS.includes(verb.name) ? { paths: "none", candidates: await known.waiting() } : NOTHING;
    case "method":
      return { paths: "none", candidates: METHODS };
    case "from":
    case "to": {
      if (typed.includes(":")) return NOTHING;
      const bottles = await known.bottles();
      return { paths: "files", candidates: bottles.map(({ name, summary }) => ({ value: `${name}:`, summary })) };
    }
    case "path":
    case "folder":
      return FOLDERS;
    case "file":
      return FILES;
    default:
      return NOTHING;
  }
}

async function valuesOf(option: Option, prefix: string, known: KnownNames): Promise<Completion> {
  const [value = ""] = /(?<=<)[^>]*(?=>$)/.exec(option.flags) ?? [];
  const words = (candidates: readonly Candidate[]): Completion => ({
    paths: "none",
    candidates: candidates.map((word) => ({ ...word, value: `${prefix}${word.value}` })),
  });
  if (option.choices !== undefined) return words(option.choices.map((choice) => ({ value: choice, summary: "" })));
  if (value === "provider") return words(await known.providers());
  if (value.split("|").includes("pack")) return words(await known.packs());
  if (value === "folder") return FOLDERS;
  return value === "path" || value === "file" ? FILES : NOTHING;
}

const flagsOf = ({ flags }: Option): readonly string[] => flags.match(/(?:^|(?<=[\s,]))--?[a-z][a-z-]*/gi) ?? [];
const takesValue = ({ flags }: Option): boolean => /<[^>]*>$/.test(flags);

function optionOf(verb: Verb, word: string): Option | undefined {
  const flag = word.split("=")[0] ?? "";
  return verb.options.find((option) => flagsOf(option).includes(flag));
}

/** Long names where there are any; what was given and cannot be repeated is not offered again. */
function optionsOf(verb: Verb, used: ReadonlySet<Option>): readonly Candidate[] {
  const open = verb.options.filter((option) => option.repeatable === true || !used.has(option));
  const own = open.flatMap((option) => flagsOf(option).map((value) => ({ value, summary: printable(option.summary) })));
  return [...own, { value: "--help", summary: "show the manual of this verb" }];
}

const verbNames = (verbs: readonly Verb[]): readonly Candidate[] => [
  ...verbs
    .filter(({ hidden }) => hidden !== true)
    .flatMap(({ name, aliases, summary }) => [name, ...aliases].map((value) => ({ value, summary }))),
  { value: "help", summary: "show the manual of a verb, or what an error code means" },
];

const PROGRAM_OPTIONS: readonly Candidate[] = [
  { value: "--help", summary: "list the verbs" },
  { value: "--version", summary: "print the version" },
];

/** Those that requests of agents have; others can be typed. */
const METHODS: readonly Candidate[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((value) => ({
  value,
  summary: "",
}));

const CODES: readonly Candidate[] = Object.entries(ERROR_CODES).map(([value, { meaning }]) => ({
  value,
  summary: meaning,
}));
