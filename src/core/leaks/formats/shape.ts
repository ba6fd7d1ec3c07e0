import type { CheckName, FormatLevel, TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";

export const ALNUM = "A-Za-z0-9";
export const HEX = "0-9a-f";
export const WORD = "A-Za-z0-9_-";
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

/** What a row says about a format beyond id, name, shape and source. */
export interface ShapeOptions {
  readonly level?: FormatLevel;
  readonly check?: CheckName;
  readonly left?: string;
  readonly right?: string;
  /** Other ways to begin; the first part of the shape is the one that samples have. */
  readonly prefixes?: readonly string[];
  /** Replaces the samples made from the shape, e.g. where a checksum must hold. */
  readonly samples?: () => readonly string[];
  /** Besides those made from the shape. */
  readonly nearMisses?: () => readonly string[];
}

/** A format that is a fixed beginning and runs of characters, as most are: pattern, samples and near misses follow from it. */
export function shaped(
  family: string,
  id: string,
  name: string,
  shape: readonly [string, ...(string | Run)[]],
  source: string,
  options: ShapeOptions = {},
): TokenFormat {
  const prefixes = options.prefixes ?? [shape[0]];
  const rest = shape.slice(1);
  const begin = prefixes.length === 1 ? quoted(shape[0]) : `(?:${prefixes.map(quoted).join("|")})`;
  const pattern = new RegExp(begin + rest.map(partPattern).join(""));
  const fixed = [...prefixes, ...rest.filter((part) => typeof part === "string")].join("");
  const classes = rest.flatMap((part) => (typeof part === "string" ? [] : [part.of]));
  const signs = ["_", "-"].filter((sign) => new RegExp(`[${classes.join("").replaceAll("-_", "_-")}]`).test(sign));
  const maxBytes =
    Math.max(...prefixes.map(({ length }) => length)) + rest.reduce((sum, part) => sum + longest(part), 0);
  const make = (shorter: number): string =>
    shape[0] + rest.map((part, i) => partSample(part, id, i === lastRun(rest) ? shorter : 0)).join("");
  return {
    id,
    name,
    family,
    source,
    level: options.level ?? "default",
    keywords: prefixes,
    pattern,
    alphabet: `${classes.join("")}${[...new Set(fixed)].map((sign) => (/\w/.test(sign) ? sign : `\\${sign}`)).join("")}`,
    maxBytes,
    left: options.left ?? ALNUM,
    right: options.right ?? `${ALNUM}${signs.join("")}`,
    body: null,
    check: options.check ?? null,
    samples: options.samples ?? (() => [make(0)]),
    nearMisses: () => [make(1), `x${(options.samples ?? (() => [make(0)]))()[0]}`, ...(options.nearMisses?.() ?? [])],
  };
}

function lastRun(parts: readonly (string | Run)[]): number {
  return parts.findLastIndex((part) => typeof part !== "string");
}

function partPattern(part: string | Run): string {
  if (typeof part === "string") return quoted(part);
  return `[${part.of}]{${part.min === part.max ? part.min : `${part.min},${part.max}`}}`;
}

function partSample(part: string | Run, seed: string, shorter: number): string {
  return typeof part === "string" ? part : digits(part.of, part.min - shorter, seed);
}

function longest(part: string | Run): number {
  return typeof part === "string" ? part.length : part.max;
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
