import { createHash } from "node:crypto";
import { chmodSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Duplex } from "node:stream";
import { createBottleCa } from "../../src/gateway/certificate/bottle-ca.ts";
import { frame, messagesOf, readFrames } from "./core/frames.ts";

/** The real host whose place the stand-in takes. */
export const RESPONSES_HOST = "api.openai.com";

/** One request or WebSocket message that reached the stand-in. */
export interface SeenResponse {
  readonly kind: "request" | "upgrade" | "message" | "close";
  readonly path: string;
  readonly authorization: string | null;
  /** Body or message, as text. */
  readonly text: string;
  /** Milliseconds since the stand-in was started. */
  readonly at: number;
}

export interface ResponsesStandIn {
  readonly caPem: string;
  readonly seen: readonly SeenResponse[];
  close(): Promise<void>;
}

/** What the model says to everything. */
export const ANSWER = "hello from the stand-in";

/** The events of one answer, as the Responses API streams them; over WebSocket each is a message. */
function events(): readonly { readonly type: string }[] {
  const content = [{ type: "output_text", text: ANSWER, annotations: [] }];
  const item = { type: "message", role: "assistant", id: "msg_1", status: "completed", content };
  const usage = {
    ...{ input_tokens: 1, output_tokens: 1, total_tokens: 2 },
    ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
  };
  const response = (status: string) => ({ id: "resp_1", object: "response", status, output: [] });
  const all = [
    { type: "response.created", response: response("in_progress") },
    { type: "response.output_item.done", output_index: 0, item },
    { type: "response.completed", response: { ...response("completed"), usage } },
  ];
  return all;
}

/** A FAKE of the Responses API, over HTTPS with server-sent events and over WebSocket, on a unix socket. */
export async function startResponsesStandIn(socketPath: string): Promise<ResponsesStandIn> {
  const ca = createBottleCa("stand-in (fake Responses API)");
  const seen: SeenResponse[] = [];
  const started = Date.now();
  const sockets = new Set<Duplex>();
  const note = (kind: SeenResponse["kind"], request: IncomingMessage, text: string) => {
    const authorization = request.headers.authorization ?? null;
    seen.push({ kind, path: request.url ?? "", authorization, text, at: Date.now() - started });
  };
  const server = createServer({
    ALPNProtocols: ["http/1.1"],
    SNICallback: (name, done) =>
      name === RESPONSES_HOST ? done(null, ca.contextFor(name)) : done(new Error(`no certificate for ${name}`)),
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("error", () => {});
    request.on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      note("request", request, text);
      if (request.method !== "POST" || request.url !== "/v1/responses") return void response.writeHead(404).end("{}");
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        events()
          .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
          .join(""),
      );
    });
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, early: Buffer) => {
    note("upgrade", request, "");
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accepted = createHash("sha1").update(key).digest("base64");
    socket.on("error", () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`,
    );
    let bytes = Buffer.alloc(0);
    let answered = 0;
    const take = (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const messages = messagesOf(readFrames(bytes));
      for (const { opcode, text } of messages.slice(answered)) {
        if (opcode === 8) {
          note("close", request, text);
          socket.end(frame({ opcode: 8, mask: null }));
        } else if (opcode < 8) {
          note("message", request, text);
          for (const event of events()) socket.write(frame({ payload: JSON.stringify(event), mask: null }));
        }
      }
      answered = messages.length;
    };
    socket.on("data", take);
    take(early);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  chmodSync(socketPath, 0o600);
  return {
    caPem: ca.caPem,
    seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
