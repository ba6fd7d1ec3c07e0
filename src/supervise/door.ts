import type { IncomingMessage, ServerResponse } from "node:http";
import { isOwnOrigin } from "../core/supervise/mcp-origin.ts";
import { MCP_MESSAGE_BYTES, type McpMessage, readMcpMessage } from "../core/wire/mcp-message.ts";

/** An answer over HTTP. */
export interface DoorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers one message; `headers` are those that the transport looks at. */
export type MessageServer = (
  message: McpMessage,
  headers: Readonly<Record<string, string>>,
  gone: AbortSignal,
) => Promise<DoorAnswer>;

/** Messages that are worked on at a time: most wait for an operator. */
const MOST = 32;
/** How long a message may take to come. */
const BODY_MS = 30_000;
/** Fields that the transport looks at. */
const FIELDS = ["accept", "content-type", "mcp-protocol-version"] as const;

/**
 * The HTTP side of supervise: `POST /mcp` with one message each (streamable HTTP without sessions; there is no stream to
 * GET and no session to DELETE). What is no message is answered here, and nothing else is loaded for it.
 */
export function createDoor(serve: MessageServer): {
  handle(request: IncomingMessage, response: ServerResponse): void;
  close(): void;
} {
  const stop = new AbortController();
  let open = 0;

  const answer = async (request: IncomingMessage, gone: AbortSignal): Promise<DoorAnswer> => {
    const { method = "", url = "", headers } = request;
    if (url !== "/mcp") return refusal(404, -32600, "supervise is at /mcp");
    if (!isOwnOrigin(headers.host, headers.origin ?? null)) return refusal(403, -32600, "not of this bottle");
    if (method !== "POST") return { ...refusal(405, -32600, "POST"), headers: { ...JSON_TYPE, allow: "POST" } };
    if (headers["content-encoding"] !== undefined) return refusal(415, -32600, "no encoded bodies");
    if (stop.signal.aborted) return refusal(503, -32603, "the bottle ends");
    if (open > MOST) return refusal(503, -32603, `more than ${MOST} messages at a time`);
    const body = await readBody(request);
    if (body === null) return refusal(413, -32600, `a message has at most ${MCP_MESSAGE_BYTES} bytes`);
    const reading = readMcpMessage(body);
    if (!reading.ok) return refusal(400, reading.code, reading.why);
    const picked = FIELDS.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    });
    return serve(reading.message, Object.fromEntries(picked), gone);
  };

  return {
    handle: (request, response) => {
      request.on("error", ignore);
      response.on("error", ignore);
      const left = new AbortController();
      response.once("close", () => left.abort());
      open += 1;
      answer(request, AbortSignal.any([left.signal, stop.signal]))
        // Our own fault: the agent is told no more.
        .catch(() => refusal(500, -32603, "supervise itself is wrong"))
        .then((said) => write(request, response, said))
        .finally(() => {
          open -= 1;
        });
    },
    close: () => stop.abort(),
  };
}

/** The whole body; null when it is longer than a message may be, or does not come. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let length = 0;
  const late = setTimeout(() => request.destroy(), BODY_MS);
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MCP_MESSAGE_BYTES) return null;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

const JSON_TYPE = { "content-type": "application/json" } as const;

/** An error as JSON-RPC has it, for a message that has no id or was not read. */
function refusal(status: number, code: number, message: string): DoorAnswer {
  const body = JSON.stringify({ jsonrpc: "2.0", id: null, error: { code, message: `bot-bottle: ${message}` } });
  return { status, headers: JSON_TYPE, body };
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: DoorAnswer): void {
  if (response.headersSent || response.destroyed) return;
  // What is left of a body that nobody read is not taken for the next request.
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
  response.end(body);
}

function ignore(): void {}
