/** A field of a form as far as it was read: the name is whole, the value may go on. */
export interface FormField {
  /** As a lax server decodes it. */
  readonly name: string;
  /** At most the beginning of it. */
  readonly value: string;
}

/** Reads a form as it passes, at any cut, and keeps nothing but beginnings. */
export interface FormReader {
  /** The fields that this piece begins or goes on with; null when servers would read it differently. */
  push(piece: Uint8Array): readonly FormField[] | null;
}

/** Of a field nothing beyond this is looked at: names that mean something are far shorter, in whatever encoding. */
const FIELD_LENGTH = 1024;
/** Of the head of a part. */
const HEAD_LENGTH = 16 * 1024;

/** Fields of a query or of an urlencoded text, split at `&` and, as some servers do, at `;`. */
export function queryFields(text: string): readonly FormField[] {
  return text.split(/[&;]/).map(splitField);
}

/** Reads application/x-www-form-urlencoded at any cut. */
export function createUrlencodedReader(): FormReader {
  let open = "";
  return {
    push: (piece) => {
      const parts = latin1(piece).split(/[&;]/);
      return parts.map((part, i) => {
        if (i > 0) open = "";
        // Blanks before a name are dropped by servers; they must not fill the room.
        if (open.length < FIELD_LENGTH)
          open = `${open}${part}`.replace(/^(?:[+\s]|%20|%0[9-d])+/i, "").slice(0, FIELD_LENGTH);
        return splitField(open);
      });
    },
  };
}

/** Null when the content type has not exactly one plain boundary: two servers might see different parts. */
export function createMultipartReader(contentType: string): FormReader | null {
  const count = [...contentType.matchAll(/boundary[\s*0-9]*=/gi)].length;
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\\]{1,200})"|([^\s",;]{1,200}))\s*(?:;|$)/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  return boundary === undefined || count !== 1 ? null : new MultipartReader(`--${boundary}`);
}

/** A delimiter counts wherever it stands, so that no server sees a part that is not seen here. */
class MultipartReader implements FormReader {
  readonly #delimiter: string;
  #state: "data" | "head" = "data";
  /** In `data` what could be the beginning of a delimiter, in `head` all of it so far. */
  #held = "";
  #names: readonly string[] = [];
  #value = "";

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  push(piece: Uint8Array): readonly FormField[] | null {
    const fields: FormField[] = [];
    let text: string | null = this.#held + latin1(piece);
    this.#held = "";
    while (text !== null) {
      text = this.#state === "data" ? this.#data(text, fields) : this.#head(text, fields);
      if (this.#held.length > HEAD_LENGTH) return null;
    }
    return fields;
  }

  /** What follows the next delimiter; null when it is not there yet. */
  #data(text: string, fields: FormField[]): string | null {
    const at = text.indexOf(this.#delimiter);
    const end = at < 0 ? Math.max(text.length - this.#delimiter.length + 1, 0) : at;
    if (this.#names.length > 0) {
      const room = FIELD_LENGTH - this.#value.length;
      // What is held back may be the value's end as well: nobody has to send the last delimiter.
      const seen = this.#value + text.slice(0, at < 0 ? room : Math.min(at, room));
      const value = seen.trimStart().replace(/[\r\n].*$/s, "");
      for (const name of this.#names) fields.push({ name, value });
      this.#value = (this.#value + text.slice(0, Math.min(end, room))).trimStart();
      if (at >= 0 || this.#value.length === FIELD_LENGTH) this.#names = [];
    }
    if (at < 0) {
      this.#held = text.slice(end);
      return null;
    }
    this.#state = "head";
    return text.slice(at + this.#delimiter.length);
  }

  /** What follows the head of a part; null when it is not whole yet. */
  #head(text: string, fields: FormField[]): string | null {
    const last = text.lastIndexOf(this.#delimiter, text.search(BLANK_LINE) + 1 || text.length);
    if (last >= 0) return text.slice(last + this.#delimiter.length);
    const end = text.search(BLANK_LINE);
    // What follows the last delimiter of all need not look like a head.
    const over = text.length > HEAD_LENGTH && text.startsWith("--");
    if (end < 0 && !over) {
      this.#held = text;
      return null;
    }
    this.#state = "data";
    this.#value = "";
    if (end < 0) return text;
    this.#names = partNames(text.slice(0, end));
    for (const name of this.#names) fields.push({ name, value: "" });
    return text.slice(end).replace(BLANK_LINE, "");
  }
}

const BLANK_LINE = /\n\r?\n/;

/** Every name that a part's head may give it; one in pieces (RFC 2231) is put together. */
function partNames(head: string): readonly string[] {
  const found = [...head.matchAll(/(?<![\w*-])name\s*(?:(\*[\d*]*)\s*)?=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))/gi)];
  const texts = found.map(([, star, quoted, plain]) => {
    const text = (quoted ?? plain ?? "").replaceAll("\\", "");
    return { whole: star === undefined, text: star === undefined ? text : text.replace(/^[\w-]*'[\w-]*'/, "") };
  });
  const joined = texts.filter(({ whole }) => !whole).map(({ text }) => text);
  const names = texts.filter(({ whole }) => whole).map(({ text }) => text);
  return [...names, ...(joined.length > 0 ? [joined.join("")] : [])].map((name) => decode(name).slice(0, FIELD_LENGTH));
}

function splitField(text: string): FormField {
  const mark = text.indexOf("=");
  const name = mark < 0 ? text : text.slice(0, mark);
  return {
    name: decode(name.replaceAll("+", " ")),
    value: mark < 0 ? "" : decode(text.slice(mark + 1).replaceAll("+", " ")).replace(/%[0-9A-Fa-f]?$/, ""),
  };
}

/** Percent-decoded byte by byte; an escape that is cut short stays as it is. */
function decode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function latin1(piece: Uint8Array): string {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("latin1");
}
