import type { LeakLevel } from "../../model/leak.ts";
import type { CheckName, TokenFormat } from "../token-format.ts";
import { digits } from "./invented.ts";
import { ALNUM, type Run } from "./shape.ts";

/** Between a name and its value in configuration, JSON, shell, YAML and code; quotes may be escaped. */
const ASSIGNS = "[\"'`\\\\]{0,4}[ \\t]{0,8}(?:=>|:=|=|:)[ \\t]{0,8}[\"'`\\\\]{0,4}";

/** A format without a mark of its own, known by the name that it is given: `TWILIO_AUTH_TOKEN=...`. */
export interface NamedFormat {
  readonly family: string;
  readonly id: string;
  readonly name: string;
  readonly source: string;
  /** Names that come before the value, any case. */
  readonly names: readonly string[];
  /** More of a name that may follow, as an expression of at most 24 bytes. */
  readonly more?: string;
  readonly value: Run;
  readonly level?: LeakLevel;
  readonly check?: CheckName;
  readonly left?: string;
}

/** Formats of which only the value is the token; the name leads to it. */
export function named(format: NamedFormat): TokenFormat {
  const { family, id, name, source, names, value, level = "default", check = null, left = ALNUM } = format;
  const words = `(?:${names.map((it) => it.replaceAll(/[\\$.]/g, "\\$&")).join("|")})`;
  const shortest = Math.min(...names.map(({ length }) => length));
  const make = (length: number) => `${names[0]}="${digits(value.of, length, id)}"`;
  return {
    id,
    name,
    family,
    source,
    level,
    keywords: names,
    lead: null,
    pattern: new RegExp(`${words}${format.more ?? ""}${ASSIGNS}([${value.of}]{${value.min},${value.max}})`, "i"),
    alphabet: "\\x20-\\x7e\\t",
    minBytes: shortest + 1 + value.min,
    maxBytes: Math.max(...names.map(({ length }) => length)) + 24 + 26 + value.max,
    left,
    right: `${ALNUM}_`,
    body: null,
    check,
    samples: () => [make(value.min), make(value.max).replace("=", ": ")],
    nearMisses: () => [make(value.min - 1), make(value.min).replace("=", " is ")],
  };
}
