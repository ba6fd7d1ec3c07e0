/** JSON data as read: objects have no prototype. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  /** `at` is the offset in UTF-16 units of the decoded text; 0 when it could not be decoded. */
  | { readonly ok: false; readonly why: string; readonly at: number };

/** What one document may cost. A short text can stand for many values: `{},` is three bytes and hundreds in memory. */
export interface JsonLimits {
  /** Well below where a recursive reader overflows. */
  readonly depth: number;
  /** Values of all kinds together, those of objects and arrays included. */
  readonly values: number;
  /** Keys of one object. */
  readonly keys: number;
}

/** Five times what an agent sends after a thousand tool calls with a hundred tools (measured in the tests). */
export const JSON_LIMITS: JsonLimits = { depth: 128, values: 200_000, keys: 10_000 };

/** Raised only within this file. */
class Malformed extends Error {
  readonly at: number;

  constructor(why: string, at: number) {
    super(why);
    this.at = at;
  }
}

/**
 * Parses JSON (RFC 8259) so that no other parser can read something else: duplicate keys, invalid UTF-8, a byte order
 * mark, lone surrogates, numbers beyond double range and trailing text are refused; so is what nests too deeply or holds
 * too many values, before they are made. What is accepted equals what JSON.parse makes of it. Attack rows 123, 137.
 */
export function parseStrictJson(bytes: Uint8Array, limits: Partial<JsonLimits> = {}): JsonReading {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, why: "not UTF-8", at: 0 };
  }
  try {
    return { ok: true, value: new Parser(text, { ...JSON_LIMITS, ...limits }).document() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: error.message, at: error.at };
    throw error;
  }
}

class Parser {
  readonly #text: string;
  readonly #limits: JsonLimits;
  /** Sticky patterns: the engine's own loops are several times faster than ours over long strings. */
  readonly #plain = /[^"\\\u0000-\u001f]*/y;
  readonly #space = /[ \t\n\r]*/y;
  readonly #number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  #at = 0;
  #values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): JsonValue {
    this.#skipSpace();
    const value = this.#value(1);
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw new Malformed("text after the value", this.#at);
    return value;
  }

  #value(depth: number): JsonValue {
    this.#values++;
    if (this.#values > this.#limits.values) throw new Malformed("too many values", this.#at);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#numeral();
    }
  }

  #object(depth: number): JsonValue {
    this.#enter(depth);
    const object: Record<string, JsonValue> = Object.create(null);
    if (this.#ends("}")) return object;
    let keys = 0;
    do {
      keys++;
      if (keys > this.#limits.keys) throw new Malformed("too many keys", this.#at);
      this.#skipSpace();
      const start = this.#at;
      if (this.#text[start] !== '"') throw new Malformed("a key is missing", start);
      const key = this.#string();
      if (key in object) throw new Malformed("a key is there twice", start);
      this.#skipSpace();
      this.#expect(":");
      this.#skipSpace();
      object[key] = this.#value(depth + 1);
    } while (this.#continues("}"));
    return object;
  }

  #array(depth: number): JsonValue {
    this.#enter(depth);
    const array: JsonValue[] = [];
    if (this.#ends("]")) return array;
    do {
      this.#skipSpace();
      array.push(this.#value(depth + 1));
    } while (this.#continues("]"));
    return array;
  }

  #string(): string {
    const start = this.#at;
    const end = this.#run(this.#plain, start + 1);
    if (this.#text[end] === "\\") return this.#escaped(start, end);
    if (this.#text[end] !== '"') throw new Malformed("a string is not closed or holds a control character", end);
    this.#at = end + 1;
    return this.#text.slice(start + 1, end);
  }

  /** A string with escapes: where it ends is found here, what it means is the engine's own business, which is faster. */
  #escaped(start: number, backslash: number): string {
    const end = this.#closing(backslash);
    let value: unknown;
    try {
      value = JSON.parse(this.#text.slice(start, end + 1));
    } catch {
      throw new Malformed("unknown escape or control character in a string", start);
    }
    // Only an escape can name half of a pair; decoders disagree on what it means.
    if (typeof value !== "string" || !value.isWellFormed()) throw new Malformed("lone surrogate", start);
    this.#at = end + 1;
    return value;
  }

  /** The first quote from `from` that no backslash takes away. */
  #closing(from: number): number {
    for (let end = this.#text.indexOf('"', from); end >= 0; end = this.#text.indexOf('"', end + 1)) {
      let before = end;
      while (before > from && this.#text[before - 1] === "\\") before--;
      if ((end - before) % 2 === 0) return end;
    }
    throw new Malformed("a string is not closed", from);
  }

  #numeral(): number {
    const start = this.#at;
    const end = this.#run(this.#number, start);
    if (end === start) throw new Malformed("no value", start);
    const value = Number(this.#text.slice(start, end));
    if (!Number.isFinite(value)) throw new Malformed("number out of range", start);
    this.#at = end;
    return value;
  }

  #word<T extends boolean | null>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new Malformed("no value", this.#at);
    this.#at += word.length;
    return value;
  }

  /** Steps over an opening bracket. */
  #enter(depth: number): void {
    if (depth > this.#limits.depth) throw new Malformed("nested too deeply", this.#at);
    this.#at++;
  }

  /** True, after stepping over it, when the closing bracket follows at once. */
  #ends(bracket: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  /** True after a comma, false after the closing bracket. */
  #continues(bracket: string): boolean {
    if (this.#ends(bracket)) return false;
    this.#expect(",");
    return true;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw new Malformed(`no ${character}`, this.#at);
    this.#at++;
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.#at = this.#run(this.#space, this.#at);
  }

  /** Where the match of a sticky pattern that begins at `start` ends; `start` when it does not match. */
  #run(pattern: RegExp, start: number): number {
    pattern.lastIndex = start;
    return pattern.test(this.#text) ? pattern.lastIndex : start;
  }
}
