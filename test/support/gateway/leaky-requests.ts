import { HOST } from "./fixture.ts";

/** A request to api.example.test that carries `text` at one place. */
export interface LeakyPlace {
  readonly place: string;
  /** Prefix of what the log calls it. */
  readonly where: string;
  request(text: string): string;
  /** Which texts can stand there at all; absent: any. */
  readonly fits?: RegExp;
}

function head(start: string, fields: readonly string[] = []): string {
  return [`${start} HTTP/1.1`, `Host: ${HOST}`, ...fields, "", ""].join("\r\n");
}

function posted(type: string, body: string): string {
  return `${head("POST /paste", [`Content-Type: ${type}`, `Content-Length: ${body.length}`])}${body}`;
}

/** In chunks of one byte, so that nothing is ever whole (attack row 108). */
function dripped(body: string): string {
  const chunks = [...body].map((byte) => `1\r\n${byte}\r\n`).join("");
  return `${head("POST /paste", ["Transfer-Encoding: chunked"])}${chunks}0\r\n\r\n`;
}

const PATH = /^[A-Za-z0-9._~%=+/:@-]+$/;
const TOKEN = /^[A-Za-z0-9._~%+-]+$/;
/** A header's value holds no line break. */
const LINE = /^[\x20-\x7e]+$/;

/** Every part of a request in which something can be carried out (attack rows 105, 111). */
export const LEAKY_PLACES: readonly LeakyPlace[] = [
  { place: "the path", where: "path", fits: PATH, request: (text) => head(`GET /x/${text}`) },
  { place: "a value of the query", where: "query", fits: PATH, request: (text) => head(`GET /x?q=${text}&z=1`) },
  { place: "a name of the query", where: "query", fits: TOKEN, request: (text) => head(`GET /x?${text}=1`) },
  { place: "a header", where: "header x-note", fits: LINE, request: (text) => head("GET /x", [`X-Note: a ${text}`]) },
  { place: "a header's name", where: "header ", fits: TOKEN, request: (text) => head("GET /x", [`${text}: 1`]) },
  { place: "a cookie", where: "header cookie", fits: LINE, request: (text) => head("GET /x", [`Cookie: s=${text}`]) },
  {
    place: "the user agent",
    where: "header user-agent",
    fits: LINE,
    request: (t) => head("GET /", [`User-Agent: ${t}`]),
  },
  {
    place: "an Authorization of its own",
    where: "header authorization",
    fits: LINE,
    request: (text) => head("GET /x", [`Authorization: Bearer ${text}`]),
  },
  { place: "a JSON value", where: "body", request: (text) => posted("application/json", JSON.stringify({ a: text })) },
  { place: "a JSON key", where: "body", request: (text) => posted("application/json", JSON.stringify({ [text]: 1 })) },
  {
    place: "a form field",
    where: "body",
    request: (text) => posted("application/x-www-form-urlencoded", `a=${encodeURIComponent(text)}&b=1`),
  },
  {
    place: "a multipart file name",
    where: "body",
    request: (text) =>
      posted(
        "multipart/form-data; boundary=edge",
        `--edge\r\nContent-Disposition: form-data; name="f"; filename="${text}.txt"\r\n\r\nx\r\n--edge--\r\n`,
      ),
  },
  { place: "a body in chunks of one byte", where: "body", request: (text) => dripped(`some text ${text} and more`) },
];

/** A GET that carries nothing. */
export const CLEAN_REQUEST = head("GET /clean");
