import { gzipSync } from "node:zlib";

/** Where in a request a token stands. */
export const LEAK_PLACES = [
  "host label",
  "URL path",
  "query",
  "header",
  "cookie",
  "JSON key",
  "JSON value",
  "form",
  "multipart name",
  "multipart part head",
  "multipart body",
] as const;
export type LeakPlace = (typeof LEAK_PLACES)[number];

/** How it is written there. */
export const LEAK_ENCODINGS = [
  "plain",
  "percent",
  "percent, every byte",
  "percent twice",
  "JSON escapes",
  "base64",
  "base64 after 1 byte",
  "base64 after 2 bytes",
  "base64url",
  "base64 in base64",
  "hex",
  "upper-case hex",
  "gzip",
] as const;
export type LeakEncoding = (typeof LEAK_ENCODINGS)[number];

/** Bytes of a request, and what they are scanned as. */
export interface Leak {
  readonly part: "host" | "url" | "header" | "body";
  readonly bytes: Buffer;
  /** Of a body. */
  readonly contentEncoding: "gzip" | null;
}

const everyByte = (token: string) =>
  [...Buffer.from(token)].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
const base64 = (text: string) => Buffer.from(text).toString("base64");

const ENCODERS: Readonly<Record<LeakEncoding, (token: string) => string>> = {
  plain: (token) => token,
  percent: encodeURIComponent,
  "percent, every byte": everyByte,
  "percent twice": (token) => encodeURIComponent(everyByte(token)),
  "JSON escapes": (token) => [...token].map((it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  base64,
  "base64 after 1 byte": (token) => base64(`:${token}`),
  "base64 after 2 bytes": (token) => base64(`::${token}`),
  base64url: (token) => Buffer.from(`key=${token}`).toString("base64url"),
  "base64 in base64": (token) => base64(`{"k":"${base64(`{"v":"${token}"}`)}"}`),
  hex: (token) => Buffer.from(token).toString("hex"),
  "upper-case hex": (token) => Buffer.from(token).toString("hex").toUpperCase(),
  gzip: (token) => token,
};

const PART_HEAD = '--edge\r\nContent-Disposition: form-data; name="file"; filename="notes.txt"\r\n';

/** The bytes around a token that is written as text. */
const FRAMES: Readonly<
  Record<LeakPlace, (text: string) => Omit<Leak, "contentEncoding" | "bytes"> & { readonly text: string }>
> = {
  // A label has at most 63 bytes and no upper case (RFC 1035): long ones are split, as an exfiltrating tool does.
  "host label": (text) => ({
    part: "host",
    text: `${(text.toLowerCase().match(/.{1,60}/gs) ?? []).join(".")}.tunnel.example`,
  }),
  "URL path": (text) => ({ part: "url", text: `/v1/items/${text}/view` }),
  query: (text) => ({ part: "url", text: `/v1/items?page=2&q=${text}&sort=asc` }),
  header: (text) => ({ part: "header", text: `x-note: ${text}` }),
  cookie: (text) => ({ part: "header", text: `cookie: theme=dark; sid=${text}; lang=en` }),
  "JSON key": (text) => ({ part: "body", text: `{"id":7,${quoted(text)}:true}` }),
  "JSON value": (text) => ({ part: "body", text: `{"id":7,"note":${quoted(text)},"tags":["a"]}` }),
  form: (text) => ({ part: "body", text: `id=7&note=${text}&tag=a` }),
  "multipart name": (text) => ({
    part: "body",
    text: `--edge\r\nContent-Disposition: form-data; name="${text}"\r\n\r\n1\r\n--edge--\r\n`,
  }),
  "multipart part head": (text) => ({ part: "body", text: `${PART_HEAD}X-Note: ${text}\r\n\r\nbody\r\n--edge--\r\n` }),
  "multipart body": (text) => ({ part: "body", text: `${PART_HEAD}\r\nline 1\n${text}\nline 3\r\n--edge--\r\n` }),
};

/** As it is when it has escapes of its own, else as JSON writes it. */
function quoted(text: string): string {
  return /\\u[0-9a-f]{4}/.test(text) ? `"${text}"` : JSON.stringify(text);
}

/**
 * A token at a place of a request, in an encoding; null where the two do not go together: only bodies are compressed,
 * and line breaks and signs of the syntax around it cannot stand in plain everywhere.
 */
export function leakOf(token: string, place: LeakPlace, encoding: LeakEncoding): Leak | null {
  const text = ENCODERS[encoding](token);
  const { part, text: framed } = FRAMES[place](text);
  if (encoding === "gzip") {
    if (part !== "body" || (place !== "JSON key" && place !== "JSON value" && /[\r\n"&]/.test(text))) return null;
    return { part, bytes: gzipSync(Buffer.from(framed)), contentEncoding: "gzip" };
  }
  const allowed = {
    host: /^[A-Za-z0-9_-]+$/,
    url: /^[\x21\x23-\x7e]+$/,
    header: /^[\x20-\x7e]+$/,
    body: /^[\s\S]+$/,
  }[part];
  if (!allowed.test(text)) return null;
  if ((place === "query" || place === "form") && /[&+\s]/.test(text)) return null;
  if (place === "cookie" && /[;\s]/.test(text)) return null;
  if ((place === "multipart name" || place === "multipart part head") && /["\r\n]/.test(text)) return null;
  return { part, bytes: Buffer.from(framed), contentEncoding: null };
}
