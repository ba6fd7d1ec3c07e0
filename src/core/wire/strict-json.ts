/** JSON data as read: objects have no prototype. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  /** `at` is the offset in UTF-16 units of the decoded text; 0 when it could not be decoded. */
  | { readonly ok: false; readonly why: string; readonly at: number };

/** Deeper data is refused by default; well below where a recursive reader overflows. */
export const JSON_DEPTH_LIMIT = 128;

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
 * mark, lone surrogates, numbers beyond double range, deep nesting and trailing text are refused. What is accepted
 * equals what JSON.parse makes of it. Attack row 137.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth: number = JSON_DEPTH_LIMIT): JsonReading {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, why: "not UTF-8", at: 0 };
  }
  try {
    return { ok: true, value: new Parser(text, maxDepth).document() };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, why: error.message, at: error.at };
    throw error;
  }
}

class Parser {
  readonly #text: string;
  readonly #maxDepth: number;
  /** Sticky patterns: the engine's own loops are several times faster than ours over long strings. */
  readonly #plain = /[^"\\\u0000-\u001f]*/y;
  readonly #space = /[ \t\n\r]*/y;
  readonly #number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
  readonly #escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonValue {
    this.#skipSpace();
    const value = this.#value(1);
    this.#skipSpace();
    if (this.#at !== this.#text.length) throw new Malformed("text after the value", this.#at);
    return value;
  }

  #value(depth: number): JsonValue {
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
    do {
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
    let end = this.#run(this.#plain, start + 1);
    // One escape at a time: a pattern over the whole string would keep a way back for each character.
    while (this.#text[end] === "\\") {
      const escaped = this.#run(this.#escape, end);
      if (escaped === end) throw new Malformed("unknown escape", end);
      end = this.#run(this.#plain, escaped);
    }
    if (this.#text[end] !== '"') throw new Malformed("a string is not closed or holds a control character", end);
    this.#at = end + 1;
    const inner = this.#text.slice(start + 1, end);
    if (!inner.includes("\\")) return inner;
    const value = String(JSON.parse(this.#text.slice(start, end + 1)));
    // Only an escape can name half of a pair; decoders disagree on what it means.
    if (!value.isWellFormed()) throw new Malformed("lone surrogate", start);
    return value;
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
    if (depth > this.#maxDepth) throw new Malformed("nested too deeply", this.#at);
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
