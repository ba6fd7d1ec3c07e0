import type { LeakLevel } from "../../model/leak.ts";
import type { CheckName, TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";

export const ALNUM = "A-Za-z0-9";
export const LOWNUM = "a-z0-9";
export const HEX = "0-9a-f";
/** A dash in a class is always escaped, so that classes can be joined. */
export const WORD = "A-Za-z0-9_\\-";
export const BASE64 = "A-Za-z0-9+/";

/** `min` up to `max` characters of a class; as in a regular expression's brackets. */
export interface Run {
  readonly of: string;
  readonly min: number;
  readonly max: number;
}

export function run(min: number, of: string, max = min): Run {
  return { of, min, max };
}

/** RFC 9562, in small letters. */
export const UUID: readonly (string | Run)[] = [
  run(8, HEX),
  "-",
  run(4, HEX),
  "-",
  run(4, HEX),
  "-",
  run(4, HEX),
  "-",
  run(12, HEX),
];

/** What a row says about a format beyond id, name, shape and source. */
export interface ShapeOptions {
  readonly level?: LeakLevel;
  readonly check?: CheckName;
  readonly left?: string;
  readonly right?: string;
  /** Other ways to begin; samples begin with the first part of the shape, or with `lead` and the first of these. */
  readonly prefixes?: readonly string[];
  /** A run before the first part, which is then the keyword. */
  readonly lead?: Run;
  /** Of a format without a bound: the class with which a token goes on beyond the longest shape. */
  readonly body?: string;
  /** Replaces the samples made from the shape, e.g. where a checksum must hold. */
  readonly samples?: () => readonly string[];
  /** Besides those made from the shape. */
  readonly nearMisses?: () => readonly string[];
}

/** Makes formats of one family that are a fixed beginning and runs of characters, as most are. */
export function familyOf(family: string) {
  return (
    id: string,
    name: string,
    shape: readonly [string, ...(string | Run)[]],
    source: string,
    options: ShapeOptions = {},
  ): TokenFormat => shaped(family, id, name, shape, source, options);
}

/** Pattern, samples and near misses all follow from the shape. */
function shaped(
  family: string,
  id: string,
  name: string,
  [keyword, ...rest]: readonly [string, ...(string | Run)[]],
  source: string,
  options: ShapeOptions,
): TokenFormat {
  const keywords = options.prefixes ?? [keyword];
  const begin = keywords.length === 1 ? quoted(keyword) : `(?:${keywords.map(quoted).join("|")})`;
  const lead = options.lead ?? run(0, "", 0);
  const parts = [...(options.lead === undefined ? [] : [lead]), ...rest];
  const runs = parts.filter((part) => typeof part !== "string");
  const classes = runs.map(({ of }) => of).join("");
  const literals = [...new Set([...keywords, ...rest.filter((part) => typeof part === "string")].join(""))];
  const signs = signsOf(classes);
  const length = (of: (it: Run) => number) =>
    keyword.length + parts.reduce((sum, part) => sum + (typeof part === "string" ? part.length : of(part)), 0);
  const last = rest.findLastIndex((part) => typeof part !== "string");
  const make = (shorter: number): string => {
    const made = rest.map((part, i) =>
      typeof part === "string" ? part : digits(part.of, part.min - (i === last ? shorter : 0), `${id} ${i}`),
    );
    return digits(lead.of, lead.min - (last < 0 ? shorter : 0), id) + keyword + made.join("");
  };
  const samples = options.samples ?? (() => [make(0)]);
  return {
    id,
    name,
    family,
    source,
    level: options.level ?? "default",
    keywords,
    lead: options.lead === undefined ? null : { of: lead.of, max: lead.max },
    pattern: new RegExp((options.lead === undefined ? "" : patternOf(lead)) + begin + rest.map(patternOf).join("")),
    alphabet: classes + literals.map((sign) => (/\w/.test(sign) ? sign : `\\${sign}`)).join(""),
    minBytes: length(({ min }) => min) - keyword.length + Math.min(...keywords.map((it) => it.length)),
    maxBytes: length(({ max }) => max) - keyword.length + Math.max(...keywords.map((it) => it.length)),
    left: options.left ?? ALNUM,
    right: options.right ?? `${ALNUM}${signs.replace("-", "\\-")}`,
    body: options.body ?? null,
    check: options.check ?? null,
    samples,
    nearMisses: () => [
      make(1),
      ...(options.left === "" ? [] : [`x${samples()[0]}`]),
      ...(options.nearMisses?.() ?? []),
    ],
  };
}

/** Formats share few classes, and an expression that runs is compiled: a start has no time for 600 of them. */
const SIGNS = new Map<string, string>();

/** Which of `_` and `-` are in a class. */
function signsOf(classes: string): string {
  const known = SIGNS.get(classes);
  if (known !== undefined) return known;
  const of = new RegExp(`[${classes}]`);
  const signs = ["_", "-"].filter((sign) => of.test(sign)).join("");
  SIGNS.set(classes, signs);
  return signs;
}

function patternOf(part: string | Run): string {
  if (typeof part === "string") return quoted(part);
  return `[${part.of}]{${part.min === part.max ? part.min : `${part.min},${part.max}`}}`;
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
