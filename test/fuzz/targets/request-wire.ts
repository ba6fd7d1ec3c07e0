import assert from "node:assert/strict";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Client, type Dispatcher } from "undici";
import { flattenHeaders } from "../../../src/core/wire/header-pairs.ts";
import { rebuildRequestHeaders } from "../../../src/core/wire/rebuild.ts";
import { readRequestHead } from "../../../src/core/wire/request-head.ts";
import { formatTarget } from "../../../src/core/wire/target.ts";
import { createHttpServer } from "../../../src/gateway/http-server.ts";
import { DEFAULT_LIMITS } from "../../../src/gateway/limits.ts";
import { readStrictRequest, type StrictRequest } from "../../support/fuzz/strict-request.ts";
import { bytesOf, type FuzzTarget } from "../../support/fuzz/target.ts";
import fc from "../../support/properties.ts";

const GUARDED = new Set(["authorization", "x-api-key"]);
const LINES = [
  ..."GET POST PUT HEAD DELETE OPTIONS TRACE".split(" ").map((method) => `${method} /a?b HTTP/1.1\r\n`),
  "POST http://a.test/x HTTP/1.1\r\n",
  "GET /%2e%2e//x;y HTTP/1.0\r\n",
];
const FIELDS = [
  "Host: a.test",
  "Content-Length: 5",
  "Content-Length: 0",
  "Content-Length: +5",
  "Content-Length: 5, 5",
  "Content-Length : 5",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding:\tchunked",
  "transfer-encoding: identity, chunked",
  "Connection: close, Host",
  "Connection: keep-alive, X-A",
  "X-A: é\u00ff",
  "X-A: b\r\n c",
  "X-A: b\n",
  "Expect: 100-continue",
  "TE: trailers",
  "Trailer: X-B",
  "Upgrade: h2c",
];
const BODIES = [
  "",
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;x=y\r\nhello\r\n0\r\nX-B: c\r\n\r\n",
  "0\r\n\r\n",
  "000005\r\nhello\r\n0\r\n\r\n",
];

const line = fc.constantFrom(...LINES);
const field = fc.constantFrom(...FIELDS);
const text = (head: string, fields: readonly string[], body: string) =>
  [head, ...fields.map((it) => `${it}\r\n`), "\r\n", body].join("");
const odd = fc
  .tuple(
    line,
    fc.array(field, { maxLength: 4 }),
    fc.oneof(fc.constantFrom(...BODIES), fc.string({ unit: "binary", maxLength: 4 })),
  )
  .map(([head, fields, body]) => text(head, ["Host: a.test", ...fields], body));
/** Framed as it should be, one field apart. */
const plain = fc
  .tuple(
    line,
    fc.constantFrom<readonly [string, string]>(
      ["X-B: 1", ""],
      ["Content-Length: 5", "hello"],
      ["Content-Length: 0", ""],
      ["Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"],
      ["Transfer-Encoding: chunked", "2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-B: c\r\n\r\n"],
    ),
    fc.array(field, { maxLength: 1 }),
  )
  .map(([head, [framing, body], fields]) => text(head, ["Host: a.test", framing, ...fields], body));

/** A connection without a network: what is written goes to `take`. */
class Wire extends Duplex {
  readonly #take: (bytes: Buffer, wire: Wire) => void;
  constructor(take: (bytes: Buffer, wire: Wire) => void) {
    super();
    this.#take = take;
    this.on("error", () => {});
  }
  override _read(): void {}
  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.#take(bytes, this);
    done();
  }
}

let server: Server | null = null;
let client: Client | null = null;
/** What the origin saw since the last look, and what was wrong with it. */
let arrived: StrictRequest[] = [];
let wrong: unknown = null;

/** A client as the gateway's, whose connections lead to the strict reader. */
function openClient(): Client {
  return new Client("http://upstream.invalid", {
    pipelining: 1,
    strictContentLength: true,
    connect: (_, callback) => {
      let held: Buffer = Buffer.alloc(0);
      const wire = new Wire((bytes, self) => {
        held = Buffer.concat([held, bytes]);
        try {
          const request = readStrictRequest(held);
          if (request === null) return;
          arrived.push(request);
          held = Buffer.alloc(0);
          self.push("HTTP/1.1 204 No Content\r\n\r\n");
        } catch (error) {
          wrong ??= error;
          self.destroy();
        }
      });
      // Never in the same turn: the client is not ready for that.
      setImmediate(() => callback(null, wire as unknown as Socket));
    },
  });
}

/** Sends one judged request on; true when the strict origin saw exactly it. */
async function forward(request: IncomingMessage, body: Buffer): Promise<boolean> {
  const { method = "", url = "", httpVersion, rawHeaders } = request;
  const reading = readRequestHead({ method, target: url, httpVersion, rawHeaders }, GUARDED);
  if (!reading.ok || reading.head.upgrade !== null) return false;
  const { head } = reading;
  const headers = rebuildRequestHeaders(head, { hostField: "h.test", identity: false });
  const path = formatTarget(head.target.path, head.target.query);
  arrived = [];
  client ??= openClient();
  const sent = {
    method: method as Dispatcher.HttpMethod,
    path,
    headers: flattenHeaders(headers),
    body: head.body.kind === "none" ? null : body,
  };
  try {
    await client.request(sent);
  } catch (error) {
    if (wrong !== null) throw wrong;
    // The client checks what it sends as well: what it refuses has not left.
    assert.equal(arrived.length, 0, String(error));
    return false;
  }
  assert.equal(arrived.length, 1);
  const [seen] = arrived;
  const plain = (pairs: readonly (readonly [string, string])[]) =>
    pairs
      .map(([name, value]) => `${name.toLowerCase()}: ${value.trim()}`)
      .filter((line) => !/^(?:connection|content-length|transfer-encoding):/.test(line));
  assert.deepEqual([seen?.method, seen?.target], [method, path]);
  assert.deepEqual(plain(seen?.headers ?? []), plain(headers));
  assert.deepEqual(seen?.body, body);
  return true;
}

export const target: FuzzTarget = {
  name: "request-wire",
  promise:
    "rows 5, 43 to 48, 51, 52, 61, 67: whatever bytes come in, a strict origin sees whole plain requests that were judged one by one",
  parsers: ["src/core/wire/request-head.ts", "src/core/wire/rebuild.ts", "src/core/wire/target.ts"],
  input: fc.array(fc.oneof(plain, odd), { minLength: 1, maxLength: 2 }).map((requests) => bytesOf(requests.join(""))),
  runs: 1500,
  check: async (input) => {
    server ??= createHttpServer(DEFAULT_LIMITS);
    wrong = null;
    const pending: Promise<boolean>[] = [];
    let queue: Promise<unknown> = Promise.resolve();
    const take = (request: IncomingMessage, response: ServerResponse) => {
      const pieces: Buffer[] = [];
      request.on("error", () => {});
      response.on("error", () => {});
      request.on("data", (piece: Buffer) => pieces.push(piece));
      request.on("end", () => {
        const done = queue.then(() => forward(request, Buffer.concat(pieces)));
        queue = done.catch(() => {});
        pending.push(done.finally(() => response.end()));
      });
    };
    const events = ["request", "checkContinue", "checkExpectation"] as const;
    for (const event of events) server.on(event, take);
    const refuse = (_: unknown, socket: Duplex) => socket.destroy();
    server.on("clientError", refuse);
    for (const event of ["upgrade", "connect"] as const) server.on(event, refuse);
    const wire = new Wire(() => {});
    server.emit("connection", wire);
    wire.push(input);
    let taken = false;
    try {
      // The parser has seen all of it after one turn; what it began is then waited for.
      await nextTurn();
      while (pending.length > 0) taken = (await Promise.all(pending.splice(0))).includes(true) || taken;
    } finally {
      for (const event of [...events, "clientError", "upgrade", "connect"])
        server.removeListener(
          event,
          event === "clientError" || event === "upgrade" || event === "connect" ? refuse : take,
        );
      wire.destroy();
    }
    if (wrong !== null) throw wrong;
    return taken;
  },
  close: async () => {
    await client?.destroy();
    server?.close();
    client = null;
    server = null;
  },
};
