import assert from "node:assert/strict";
import type { Socket } from "node:net";
import test from "node:test";
import { escapesOf } from "../../support/core/escaped-characters.ts";
import { credential, eventually, HOST, openGateway, SECRET } from "../../support/gateway/fixture.ts";
import { openRawOrigin } from "../../support/gateway/origin.ts";
import { statusOf } from "../../support/gateway/verdicts.ts";

const bytes = Buffer.from(SECRET);
const wide = Buffer.from(SECRET, "utf16le");
const escaped = (which: number) => [...SECRET].map((character) => escapesOf(character)[which]).join("");

/** The secret as servers write it back, Latin-1; `beside` characters at its ends belong to what stands around it. */
const FORMS: readonly { readonly name: string; readonly text: string; readonly beside: number }[] = [
  { name: "as it is", text: SECRET, beside: 0 },
  { name: "upper case", text: SECRET.toUpperCase(), beside: 0 },
  { name: "reversed", text: [...SECRET].reverse().join(""), beside: 0 },
  { name: "hex", text: bytes.toString("hex"), beside: 0 },
  { name: "hex with colons", text: bytes.toString("hex").replace(/..(?=.)/g, "$&:"), beside: 0 },
  { name: "base64", text: bytes.toString("base64url"), beside: 2 },
  { name: "base64 behind one byte", text: Buffer.from(`x${SECRET}`).toString("base64url"), beside: 4 },
  { name: "base64 behind two bytes", text: Buffer.from(`xx${SECRET}`).toString("base64url"), beside: 5 },
  { name: "a Basic pair", text: Buffer.from(`user:${SECRET}`).toString("base64url"), beside: 9 },
  { name: "percent", text: escaped(1), beside: 0 },
  { name: "JSON escapes", text: escaped(4), beside: 0 },
  { name: "HTML escapes", text: escaped(8), beside: 0 },
  { name: "UTF-16", text: wide.toString("latin1"), beside: 1 },
];

/** A body around the form. */
const bodyOf = (form: string) => `{"echo":"<${form}>"} END`;
const chunked = (body: string, extension = "") =>
  `${[...body].map((byte) => `1${extension}\r\n${byte}\r\n`).join("")}0\r\n`;
const head = (...fields: string[]) => ["HTTP/1.1 200 OK", ...fields].map((line) => `${line}\r\n`).join("");

interface Place {
  readonly name: string;
  /** All bytes of an answer that holds the form there, Latin-1. */
  readonly answer: (form: string) => string;
  /** Dropped there, not masked. */
  readonly dropped?: boolean;
  readonly fits?: RegExp;
}

const VALUE = /^[\x20-\x7e]+$/;
const PLACES: readonly Place[] = [
  {
    name: "the value of a field",
    answer: (form) => `${head(`X-Echo: <${form}>`, "Content-Length: 3")}\r\nEND`,
    fits: VALUE,
  },
  {
    name: "the name of a field",
    answer: (form) => `${head(`x${form}: 1`, "Content-Length: 3")}\r\nEND`,
    fits: /^[\w-]+$/,
  },
  {
    name: "a redirect",
    answer: (form) => `HTTP/1.1 302 Found\r\nLocation: /?k=${form}\r\nContent-Length: 3\r\n\r\nEND`,
    fits: VALUE,
  },
  {
    name: "a body of a known length",
    answer: (form) => `${head(`Content-Length: ${bodyOf(form).length}`)}\r\n${bodyOf(form)}`,
  },
  {
    name: "an error page",
    answer: (form) => `HTTP/1.1 500 Oops\r\nContent-Length: ${bodyOf(form).length}\r\n\r\n${bodyOf(form)}`,
  },
  {
    name: "chunks of one byte",
    answer: (form) => `${head("Transfer-Encoding: chunked")}\r\n${chunked(bodyOf(form))}\r\n`,
  },
  {
    name: "server-sent events, one byte at a time",
    answer: (form) =>
      `${head("Content-Type: text/event-stream", "Transfer-Encoding: chunked")}\r\n${chunked(`data: ${bodyOf(form)}\n\n`)}\r\n`,
  },
  { name: "a body to the end of the connection", answer: (form) => `${head("Connection: close")}\r\n${bodyOf(form)}` },
  {
    name: "a trailer",
    answer: (form) => `${head("Transfer-Encoding: chunked")}\r\n${chunked("END")}X-Echo: ${form}\r\n\r\n`,
    dropped: true,
    fits: VALUE,
  },
  {
    name: "an extension of chunks",
    answer: (form) => `${head("Transfer-Encoding: chunked")}\r\n${chunked("END", `;a=${form}`)}\r\n`,
    dropped: true,
    fits: /^[\w-]+$/,
  },
  {
    name: "the reason phrase",
    answer: (form) => `HTTP/1.1 200 ${form}\r\nContent-Length: 3\r\n\r\nEND`,
    dropped: true,
    fits: VALUE,
  },
  {
    name: "an interim answer",
    answer: (form) => `HTTP/1.1 103 Hints\r\nX-Echo: ${form}\r\n\r\n${head("Content-Length: 3")}\r\nEND`,
    dropped: true,
    fits: VALUE,
  },
];

for (const place of PLACES) {
  test(`rows 89, 90: in ${place.name} the secret is never given, in any form, at any cut`, async (t) => {
    let next = "";
    const origin = await openRawOrigin((socket: Socket) => {
      socket.setNoDelay(true);
      socket.on("data", () => {
        for (const byte of next) socket.write(Buffer.from(byte, "latin1"));
        if (next.includes("Connection: close")) socket.end();
      });
    });
    const fixture = await openGateway(t, { origin, credentials: [credential()], values: { api: SECRET } });
    const forms = FORMS.filter(({ text }) => place.fits?.test(text) ?? true);
    assert.ok(forms.length >= 4);
    for (const { name, text, beside } of forms) {
      next = place.answer(text);
      const client = await fixture.inside();
      client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      // Chunks of ours are taken off before it is looked at.
      const answer = unchunked(await client.closed());
      assert.ok([200, 302, 500].includes(statusOf(answer)), `${name}: ${answer}`);
      assert.match(answer, /END/, name);
      assert.ok(!answer.toLowerCase().includes(text.toLowerCase()), `${name}: ${answer}`);
      const masked = answer.match(/\*/g)?.length ?? 0;
      if (place.dropped === true) assert.equal(masked, 0, name);
      else {
        assert.ok(masked >= text.length - beside && masked <= text.length, `${name}: ${masked} of ${text.length}`);
        const declared = /^content-length: (\d+)/im.exec(answer)?.[1];
        const given = answer.length - answer.indexOf("\r\n\r\n") - 4;
        if (declared !== undefined) assert.equal(given, Number(declared), name);
      }
    }
    await eventually(() => fixture.audit.results().length === forms.length);
    for (const { error, scrubbed } of fixture.audit.results()) {
      assert.equal(error, null);
      assert.equal(scrubbed, place.dropped === true ? 0 : 1);
    }
  });
}

/** An answer without the chunks in which it may have come. */
function unchunked(answer: string): string {
  const at = answer.indexOf("\r\n\r\n") + 4;
  if (!/transfer-encoding: chunked/i.test(answer.slice(0, at))) return answer;
  let body = "";
  for (let i = at; ; ) {
    const line = answer.indexOf("\r\n", i);
    const length = Number.parseInt(answer.slice(i, line), 16);
    if (!(length > 0)) return answer.slice(0, at) + body;
    body += answer.slice(line + 2, line + 2 + length);
    i = line + 2 + length + 2;
  }
}

const CODINGS: readonly (readonly [fields: string, encoded: boolean])[] = [
  ["Content-Encoding: identity", false],
  ["Content-Encoding: IDENTITY", false],
  ["Content-Encoding:", false],
  ["Content-Encoding: gzip", true],
  ["Content-Encoding: GZip", true],
  ["Content-Encoding: x-gzip", true],
  ["Content-Encoding: deflate", true],
  ["Content-Encoding: br", true],
  ["Content-Encoding: zstd", true],
  ["Content-Encoding: compress", true],
  ["Content-Encoding: aes128gcm", true],
  ["Content-Encoding: unheard-of", true],
  ["Content-Encoding: identity, gzip", true],
  ["Content-Encoding: gzip, identity", true],
  ["Content-Encoding: gzip, gzip", true],
  ["Content-Encoding: ,gzip", true],
  ["Content-Encoding: identity\r\nContent-Encoding: br", true],
  ["Content-Encoding: gzip;q=1", true],
  ["Content-Encoding: \tgzip", true],
  ["Connection: Content-Encoding\r\nContent-Encoding: gzip", true],
];

for (const [fields, encoded] of CODINGS) {
  test(`row 91: at a host with a credential, "${JSON.stringify(fields).slice(1, -1)}" is ${encoded ? "refused" : "given"}`, async (t) => {
    const origin = await openRawOrigin((socket: Socket) => {
      socket.on("data", () => socket.write(`${head(fields, "Content-Length: 4")}\r\nBODY`));
    });
    const fixture = await openGateway(t, { origin, credentials: [credential()], values: { api: SECRET } });
    const client = await fixture.inside();
    client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
    const answer = await client.closed();
    assert.equal(statusOf(answer), encoded ? 502 : 200, answer);
    assert.equal(answer.includes("BODY"), !encoded);
    if (encoded) assert.match(answer, /response-encoded/);
  });
}

for (const coding of [
  "gzip, chunked",
  "gzip",
  "chunked, gzip",
  "identity",
  "deflate",
  "chunked, chunked",
  "xchunked",
]) {
  for (const injected of [true, false]) {
    test(`row 91: "Transfer-Encoding: ${coding}" is refused ${injected ? "with" : "without"} a credential`, async (t) => {
      const origin = await openRawOrigin((socket: Socket) => {
        socket.on("data", () => socket.write(`${head(`Transfer-Encoding: ${coding}`)}\r\n4\r\nBODY\r\n0\r\n\r\n`));
      });
      const options = injected ? { credentials: [credential()], values: { api: SECRET } } : {};
      const fixture = await openGateway(t, { origin, ...options });
      const client = await fixture.inside();
      client.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      const answer = await client.closed();
      assert.equal(statusOf(answer), 502, answer);
      assert.match(answer, /upstream-malformed/);
    });
  }
}
