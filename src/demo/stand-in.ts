import { chmodSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { createBottleCa } from "../gateway/certificate/bottle-ca.ts";
import { errorBody, type MessagesRequest, readMessagesRequest, replyEvents, replyMessage } from "./messages-api.ts";
import { nextReply, type Scene } from "./script.ts";

/** The real host whose place the stand-in takes. */
export const MODEL_HOST = "api.anthropic.com";

const MAX_BODY = 8 * 1024 * 1024;

/** One request that reached the stand-in. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  /** The whole value of each credential slot as it arrived: the demo compares it with what it handed to the gateway. */
  readonly authorization: string | null;
  readonly apiKey: string | null;
  readonly status: number;
  /** Why it was refused; null when it was fine. */
  readonly problem: string | null;
  /** Head and body as text, to search for placeholders. */
  readonly raw: string;
  readonly request: MessagesRequest | null;
}

export interface StandIn {
  /** The fake's own CA: the gateway verifies it like any upstream. */
  readonly caPem: string;
  readonly seen: readonly Seen[];
  close(): Promise<void>;
}

/**
 * A FAKE of the model API for demo and tests: no model, a script. It listens on a unix socket (mode 0600), so that
 * no other user or bottle can reach it, and is as strict as the real one about what it is sent: the one right
 * credential in one slot, the headers of the API, a well-formed body.
 */
export function startStandIn(options: {
  readonly socketPath: string;
  /** The exact value of `authorization` that it takes for genuine; null: there must be none. */
  readonly authorization: string | null;
  /** The same for `x-api-key`. */
  readonly apiKey?: string;
  readonly scenes: readonly Scene[];
}): Promise<StandIn> {
  const ca = createBottleCa("demo stand-in (fake model API)");
  const seen: Seen[] = [];
  const server = createServer({
    ALPNProtocols: ["http/1.1"],
    SNICallback: (name, done) =>
      name === MODEL_HOST ? done(null, ca.contextFor(name)) : done(new Error(`no certificate for ${name}`)),
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    collect(request)
      .then((body) => seen.push(answer(request, body, response, options)))
      .catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.socketPath, () => {
      chmodSync(options.socketPath, 0o600);
      resolve({
        caPem: ca.caPem,
        seen,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function collect(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Error("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function answer(
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
  options: { readonly authorization: string | null; readonly apiKey?: string; readonly scenes: readonly Scene[] },
): Seen {
  const { method = "", url = "", headers } = request;
  const authorization = headers.authorization ?? null;
  const apiKey = one(headers["x-api-key"]);
  const raw = `${method} ${url}\n${request.rawHeaders.join("\n")}\n\n${body}`;
  const note = (status: number, problem: string | null, read: MessagesRequest | null): Seen => ({
    method,
    path: url,
    authorization,
    apiKey,
    status,
    problem,
    raw,
    request: read,
  });
  const refuse = (status: number, type: string, problem: string): Seen => {
    send(response, status, errorBody(type, problem));
    return note(status, problem, null);
  };

  if (headers.host !== MODEL_HOST) return refuse(421, "invalid_request_error", "wrong host");
  if (authorization !== options.authorization || apiKey !== (options.apiKey ?? null)) {
    return refuse(401, "authentication_error", "not the credential that the demo gave to the gateway");
  }
  const path = url.split("?")[0];
  if (method !== "POST" || path !== "/v1/messages") return refuse(404, "not_found_error", "not part of the stand-in");
  if (one(headers["anthropic-version"]) !== "2023-06-01") return refuse(400, "invalid_request_error", "version header");
  if (headers["content-type"] !== "application/json") return refuse(400, "invalid_request_error", "content type");
  const read = readMessagesRequest(body);
  if (!read.ok) return refuse(400, "invalid_request_error", read.problem);

  const reply = nextReply(options.scenes, read.request);
  const id = "msg_standin";
  if (read.request.stream) {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    for (const event of replyEvents(id, read.request.model, reply)) response.write(event);
    response.end();
  } else {
    send(response, 200, replyMessage(id, read.request.model, reply));
  }
  return note(200, null, read.request);
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

const one = (value: string | string[] | undefined): string | null => (typeof value === "string" ? value : null);
