/** Takes what a reader tells from one another. Places are those of the bytes that are being read. */
export interface FieldSink {
  /** More of the present name or value. */
  text(from: number, to: number): void;
  /** It is whole. Empty ones come too. */
  end(role: "name" | "value"): void;
  /** So many of its last bytes are none of it. */
  cutEnd(count: number): void;
  /** It is none at all. */
  drop(): void;
}

/** Tells the names and values of one layout from what is between them, at any cut. */
export interface FieldReader {
  read(bytes: Uint8Array, sink: FieldSink): void;
  /** Nothing follows. */
  finish(sink: FieldSink): void;
}

const [LF, CR, QUOTE, AMPERSAND, DASH, COLON, SEMICOLON, EQUALS, BACKSLASH] = [
  0x0a, 0x0d, 0x22, 0x26, 0x2d, 0x3a, 0x3b, 0x3d, 0x5c,
];
const MARK = [0xef, 0xbb, 0xbf];

const isBlank = (byte: number) => byte <= 0x20;
const isJson = (byte: number) => byte === 0x7b || byte === 0x5b || byte === QUOTE;
/** Of names with which an urlencoded text begins. */
const IN_NAME = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9._~%$[\]+*-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
const LONGEST_NAME = 256;

/**
 * A reader for a text of which the layout is told from its first bytes, whatever a Content-Type says of it: JSON (also
 * one document after the other), urlencoded text or a cookie, multipart. Anything else has no fields.
 */
export function createFieldReader(): FieldReader {
  let reader: FieldReader | null = null;
  return {
    read: (bytes, sink) => {
      let at = 0;
      if (reader === null) {
        while (at < bytes.length && (isBlank(bytes[at] as number) || MARK.includes(bytes[at] as number))) at++;
        const first = bytes[at];
        if (first === undefined) return;
        reader = isJson(first) ? new JsonReader() : first === DASH ? new MultipartReader() : new FormReader();
      }
      reader.read(at === 0 ? bytes : bytes.subarray(at), at === 0 ? sink : shifted(sink, at));
    },
    finish: (sink) => reader?.finish(sink),
  };
}

function shifted(sink: FieldSink, by: number): FieldSink {
  return { ...sink, text: (from, to) => sink.text(from + by, to + by) };
}

const OUTSIDE = 0;
const INSIDE = 1;
const BEHIND = 2;

/** Strings of JSON (RFC 8259), at any depth; one is a name when a colon follows. */
class JsonReader implements FieldReader {
  #state = OUTSIDE;
  /** Whether the next byte is escaped. */
  #escaped = false;

  read(bytes: Uint8Array, sink: FieldSink): void {
    const { length } = bytes;
    let state = this.#state;
    let from = 0;
    let at = this.#escaped && length > 0 ? 1 : 0;
    if (at === 1 && length === 1) sink.text(0, 1);
    if (at === 1) this.#escaped = false;
    while (at < length) {
      if (state === OUTSIDE) {
        while (at < length && bytes[at] !== QUOTE) at++;
        if (at === length) break;
        state = INSIDE;
        from = ++at;
      }
      if (state === INSIDE) {
        while (at < length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
        sink.text(from, Math.min(at, length));
        if (at >= length) {
          this.#escaped = at > length;
          break;
        }
        state = BEHIND;
        at++;
      }
      while (at < length && isBlank(bytes[at] as number)) at++;
      if (at === length) break;
      sink.end(bytes[at] === COLON ? "name" : "value");
      state = OUTSIDE;
    }
    this.#state = state;
  }

  finish(sink: FieldSink): void {
    if (this.#state !== OUTSIDE) sink.end("value");
  }
}

/** Fields of an urlencoded text, split at `&` and, as some servers do and cookies are, at `;`. */
class FormReader implements FieldReader {
  #state: "first" | "name" | "value" | "none" = "first";
  #length = 0;
  /** Whether the blanks before a name are passed. */
  #begun = false;

  read(bytes: Uint8Array, sink: FieldSink): void {
    let at = 0;
    while (at < bytes.length && this.#state !== "none") {
      const from = at;
      if (!this.#begun) {
        while (at < bytes.length && isBlank(bytes[at] as number)) at++;
        if (at === bytes.length) return;
        this.#begun = true;
        continue;
      }
      while (at < bytes.length && !this.#ends(bytes[at] as number)) at++;
      if (at > from) sink.text(from, at);
      this.#length += at - from;
      if (this.#state === "first" && this.#length > LONGEST_NAME) this.#leave(sink);
      else if (at < bytes.length) this.#next(bytes[at] as number, sink);
      at++;
    }
  }

  finish(sink: FieldSink): void {
    if (this.#state === "first") sink.drop();
    else if (this.#state !== "none") sink.end(this.#state);
  }

  #ends(byte: number): boolean {
    if (byte === AMPERSAND || byte === SEMICOLON) return true;
    if (this.#state === "value") return false;
    return byte === EQUALS || (this.#state === "first" && IN_NAME[byte] === 0);
  }

  #next(byte: number, sink: FieldSink): void {
    if (byte === EQUALS) {
      sink.end("name");
      this.#state = "value";
    } else if ((byte === AMPERSAND || byte === SEMICOLON) && (this.#state !== "first" || this.#length > 0)) {
      sink.end(this.#state === "value" ? "value" : "name");
      if (this.#state === "value") this.#state = "name";
      this.#begun = false;
    } else this.#leave(sink);
  }

  #leave(sink: FieldSink): void {
    this.#state = "none";
    sink.drop();
  }
}

/** Bodies of the parts of a multipart body (RFC 2046 section 5.1); the first line is the boundary, `--` included. */
class MultipartReader implements FieldReader {
  #state: "first" | "head" | "body" | "none" = "first";
  #boundary: number[] = [];
  /** How much of the boundary this line is so far; -1: it is another line. */
  #matched = 0;
  #isBlank = true;
  #previous = 0;
  /** Bytes of the line break before this line: they belong to the boundary when it is one. */
  #breakBytes = 0;

  read(bytes: Uint8Array, sink: FieldSink): void {
    let at = this.#state === "first" ? this.#first(bytes) : 0;
    let from = at;
    while (at < bytes.length && this.#state !== "none") {
      if (this.#matched >= 0 && bytes[at] === this.#boundary[this.#matched]) {
        this.#previous = bytes[at++] as number;
        this.#matched++;
        this.#isBlank = false;
        if (this.#matched === this.#boundary.length) this.#delimiter(from, at, sink);
        continue;
      }
      this.#matched = -1;
      const start = at;
      at = lineEnd(bytes, at);
      if (at > start) {
        this.#previous = bytes[at - 1] as number;
        this.#isBlank &&= at === start + 1 && this.#previous === CR;
      }
      if (at === bytes.length) break;
      at++;
      if (this.#state === "head" && this.#isBlank) {
        this.#state = "body";
        this.#breakBytes = 0;
        from = at;
      } else this.#breakBytes = this.#previous === CR ? 2 : 1;
      this.#matched = 0;
      this.#isBlank = true;
      this.#previous = LF;
    }
    if (this.#state === "body" && bytes.length > from) sink.text(from, bytes.length);
  }

  finish(sink: FieldSink): void {
    if (this.#state === "body") sink.end("value");
  }

  /** Reads the first line; the place behind it. */
  #first(bytes: Uint8Array): number {
    const end = lineEnd(bytes, 0);
    if (this.#boundary.length + end > LONGEST_BOUNDARY) this.#state = "none";
    else this.#boundary.push(...bytes.subarray(0, end));
    if (this.#state === "none" || end === bytes.length) return bytes.length;
    if (this.#boundary.at(-1) === CR) this.#boundary.pop();
    this.#state = this.#boundary.length > 2 && this.#boundary[1] === DASH ? "head" : "none";
    return end + 1;
  }

  #delimiter(from: number, at: number, sink: FieldSink): void {
    if (this.#state === "body") {
      sink.text(from, at);
      sink.cutEnd(this.#boundary.length + this.#breakBytes);
      sink.end("value");
    }
    this.#state = "head";
    this.#matched = -1;
  }
}

const LONGEST_BOUNDARY = 256;

function lineEnd(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(LF, from);
  return end < 0 ? bytes.length : end;
}
