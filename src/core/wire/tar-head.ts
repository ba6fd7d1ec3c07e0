import { printable } from "./printable.ts";

/** What an entry is. Whatever is neither a file nor a folder says in `oddity` what it is instead. */
export type TarKind = "file" | "folder" | "link" | "odd";

export interface TarEntry {
  /** Below the root of the archive, without `.` parts and without a slash at either end; empty: the root itself. */
  readonly path: string;
  readonly kind: TarKind;
  /** `a symbolic link`, `a device`, `a name that is not UTF-8`, ...; null for files and folders. */
  readonly oddity: string | null;
  /** Bytes of content that follow; 0 for all but files. */
  readonly size: number;
  /** Permission bits, without set-id and sticky bits. */
  readonly mode: number;
  /** Whole seconds after 1970. */
  readonly mtime: number;
  /** Where a symbolic link leads, as it is written; null for all others. */
  readonly target: string | null;
}

/** One block of 512 bytes that stands where a header belongs. */
export type TarBlock =
  | { readonly kind: "zero" }
  | { readonly kind: "head"; readonly head: TarHead }
  | { readonly kind: "problem"; readonly problem: string };

export interface TarHead {
  /** One character; a NUL is `0`. */
  readonly type: string;
  readonly name: Uint8Array;
  readonly target: Uint8Array;
  readonly size: number;
  readonly mode: number;
  readonly mtime: number;
}

/** Reads a header block (POSIX.1-2017, ustar; GNU tar manual, Standard). */
export function blockOf(block: Uint8Array): TarBlock {
  if (block.every((byte) => byte === 0)) return { kind: "zero" };
  const bad = (problem: string): TarBlock => ({ kind: "problem", problem });
  const magic = ascii(block, 257, 8);
  const gnu = magic === "ustar  \0";
  if (!gnu && magic !== "ustar\x0000") return bad("a header that is not of a tar archive");
  let sum = 0;
  for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  if (octal(block.subarray(148, 156)) !== sum) return bad("a header whose checksum is wrong");
  const size = numeric(block.subarray(124, 136));
  const mode = octal(block.subarray(100, 108));
  const mtime = numeric(block.subarray(136, 148));
  if (size === null || mode === null || mtime === null) return bad("a header with a number that is none");
  const name = text(block.subarray(0, 100));
  // GNU's header has other things where ustar has the beginning of a long name.
  const prefix = gnu ? EMPTY : text(block.subarray(345, 500));
  const whole = prefix.length === 0 ? name : Buffer.concat([prefix, SLASH, name]);
  const type = block[156] === 0 ? "0" : String.fromCharCode(block[156] ?? 0);
  return {
    kind: "head",
    head: { type, name: copy(whole), target: copy(text(block.subarray(157, 257))), size, mode, mtime },
  };
}

/** What stood before the header and replaces its fields. */
export interface Overrides {
  readonly pax: ReadonlyMap<string, Uint8Array> | null;
  readonly name: Uint8Array | null;
  readonly target: Uint8Array | null;
}

export type EntryReading =
  | { readonly ok: true; readonly entry: TarEntry; readonly content: number }
  | { readonly ok: false; readonly problem: string };

const ODDITIES: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a device",
  "4": "a device",
  "6": "a named pipe",
};

/** The entry that a header and what stood before it make. `content`: bytes that follow it, shown or not. */
export function tarEntry(head: TarHead, { pax, name, target }: Overrides): EntryReading {
  const bad = (problem: string): EntryReading => ({ ok: false, problem });
  if ((name !== null && pax?.has("path")) || (target !== null && pax?.has("linkpath")))
    return bad("two names for one entry");
  const raw = pax?.get("path") ?? name ?? head.name;
  const size = decimal(pax?.get("size"), head.size, /^\d{1,16}$/);
  const mtime = decimal(pax?.get("mtime"), head.mtime, /^-?\d{1,16}(?:\.\d{0,20})?$/);
  if (size === null || mtime === null) return bad("a pax header with a number that is none");
  if (size !== head.size && size <= GREATEST_OCTAL) return bad("two sizes for one entry");
  if (raw.length === 0 || raw.includes(0)) return bad("a name that is empty or holds a NUL");
  const decoded = utf8(raw);
  const written = decoded ?? Buffer.from(raw).toString("latin1");
  if (written.startsWith("/")) return bad(`an absolute name: ${printable(written, 200)}`);
  const parts = written.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) return bad(`a name that goes up: ${printable(written, 200)}`);

  const folder = head.type === "5";
  const oddity = ODDITIES[head.type];
  if (!folder && oddity === undefined && head.type !== "0") return bad(`an entry of type ${printable(head.type)}`);
  if (head.type !== "0" && size !== 0) return bad("an entry with content that can have none");
  // "name/" of type 0 was a folder before 1988; today two readers would make two things of it.
  if (head.type === "0" && (written.endsWith("/") || parts.length === 0))
    return bad("a file with the name of a folder");
  const targetBytes = pax?.get("linkpath") ?? target ?? head.target;
  const path = parts.join("/");
  const odd =
    decoded === null ? "a name that is not UTF-8" : misleads(path) ? "a name with control characters" : oddity;
  const link = head.type === "2" && odd === oddity;
  return {
    ok: true,
    content: size,
    entry: {
      path,
      kind: odd === undefined ? (folder ? "folder" : "file") : link ? "link" : "odd",
      oddity: odd ?? null,
      size: odd === undefined ? size : 0,
      mode: head.mode & 0o777,
      mtime,
      target: link ? (utf8(targetBytes) ?? null) : null,
    },
  };
}

/** A name that a terminal or a list would show as something else. */
const misleads = (path: string): boolean => printable(path, Number.MAX_SAFE_INTEGER) !== path;

/** What eleven octal digits hold. */
const GREATEST_OCTAL = 0o77777777777;
const EMPTY = new Uint8Array(0);
const SLASH = Buffer.from("/");
const copy = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes);

const ascii = (block: Uint8Array, at: number, length: number): string =>
  Buffer.from(block.subarray(at, at + length)).toString("latin1");

/** Up to the first NUL. */
function text(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Octal digits, then nothing but spaces and NULs; an empty field is 0. */
function octal(field: Uint8Array): number | null {
  const found = /^ *([0-7]*)[ \0]*$/.exec(Buffer.from(field).toString("latin1"));
  return found === null ? null : Number.parseInt(found[1] || "0", 8);
}

/** Octal, or GNU's base 256 for what octal cannot hold; what is negative (a time before 1970) is 0. */
function numeric(field: Uint8Array): number | null {
  const [first = 0] = field;
  if (first < 0x80) return octal(field);
  if (first === 0xff) return 0;
  if (first !== 0x80) return null;
  let value = 0;
  for (const byte of field.subarray(1)) {
    value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) return null;
  }
  return value;
}

/** A number of a pax record in the form given, its fraction cut off; what is negative (a time before 1970) is 0. */
function decimal(bytes: Uint8Array | undefined, otherwise: number, form: RegExp): number | null {
  if (bytes === undefined) return otherwise;
  const text = Buffer.from(bytes).toString("latin1");
  const value = form.test(text) ? Math.max(0, Math.floor(Number(text))) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}
