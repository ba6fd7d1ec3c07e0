import { createConnection, createServer, type Server } from "node:net";
import { BottleError, type ErrorCode, isErrorCode } from "../core/model/errors.ts";
import { listenPrivately } from "../host/private-socket.ts";
import type { ApprovalRequest } from "./approvals.ts";
import { readAllow, surfaceOf } from "./control-allow.ts";

/** What another process of the operator may ask of the process that hosts a bottle. */
export type ControlRequest =
  | { readonly do: "ping" }
  | { readonly do: "stop"; readonly graceMs: number }
  | ApprovalRequest;
export interface ControlReply {
  readonly ok: boolean;
  readonly error?: string;
  /** Of an error that was raised on purpose. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  /** What the request asked for. */
  readonly value?: unknown;
}

/** A rule with the longest of paths, and words for an agent. */
const LINE_LIMIT = 16 << 10;
/** Every grant of a bottle, with the longest of paths. */
const REPLY_LIMIT = 4 << 20;
/** Reads one JSON line of at most `limit` characters from a socket; null when the other side ends first or says more. */
function readLine(socket: import("node:net").Socket, limit: number): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > limit) resolve(null);
    });
    socket.on("close", () => resolve(null));
    socket.on("error", () => resolve(null));
  });
}

function parseRequest(line: string | null): ControlRequest | null {
  try {
    const value: unknown = JSON.parse(line ?? "");
    if (typeof value !== "object" || value === null || !("do" in value)) return null;
    return requestOf(value.do, value as Readonly<Record<string, unknown>>);
  } catch {
    return null;
  }
}

function requestOf(what: unknown, value: Readonly<Record<string, unknown>>): ControlRequest | null {
  const { graceMs, id, reason = null, grant } = value;
  const as = surfaceOf(value.as);
  const isId = (text: unknown): text is string => typeof text === "string" && /^[0-9a-z-]{1,64}$/.test(text);
  switch (what) {
    case "ping":
    case "grants":
    case "items":
    case "decisions":
      return { do: what };
    case "stop":
      return typeof graceMs === "number" && graceMs >= 0 && graceMs <= 600_000 ? { do: what, graceMs } : null;
    case "allow":
      return isId(id) ? readAllow(id, value) : null;
    case "deny":
      return isId(id) && (reason === null || typeof reason === "string") ? { do: what, id, reason, as } : null;
    case "undo":
      return isId(id) ? { do: what, id, as } : null;
    case "revoke":
      return isId(grant) ? { do: what, grant } : null;
    default:
      return null;
  }
}

/**
 * Listens at `path` (in the bottle's 0700 runtime folder, so that only the operator reaches it). Answering here is
 * what "alive" means. A reply is sent when the request was carried out.
 */
export async function serveControl(
  path: string,
  handle: (request: ControlRequest) => Promise<unknown>,
): Promise<Server> {
  const server = createServer(async (socket) => {
    socket.setTimeout(10_000, () => socket.destroy());
    // Whoever asked may be gone before the reply.
    socket.on("error", () => undefined);
    const request = parseRequest(await readLine(socket, LINE_LIMIT));
    socket.setTimeout(0);
    let reply: ControlReply = { ok: false, error: "request not understood" };
    if (request !== null) {
      reply = await handle(request).then(
        (value) => (value === undefined ? { ok: true } : { ok: true, value }),
        failure,
      );
    }
    socket.end(`${JSON.stringify(reply)}\n`);
  });
  return listenPrivately(server, path);
}

function failure(error: unknown): ControlReply {
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof BottleError)) return { ok: false, error: text };
  const { code, hint } = error;
  return { ok: false, error: text, code, ...(hint === undefined ? {} : { hint }) };
}

/** Sends one request to the host process of a bottle. Null when nobody answers there within `timeoutMs`. */
export async function askControl(
  path: string,
  request: ControlRequest,
  timeoutMs: number,
): Promise<ControlReply | null> {
  const socket = createConnection(path);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const value: unknown = JSON.parse((await readLine(socket, REPLY_LIMIT)) ?? "null");
    if (typeof value !== "object" || value === null || !("ok" in value)) return null;
    const { ok, error, code, hint, value: answer } = value as Readonly<Record<string, unknown>>;
    return {
      ok: ok === true,
      ...(typeof error === "string" ? { error } : {}),
      ...(typeof code === "string" && isErrorCode(code) ? { code } : {}),
      ...(typeof hint === "string" ? { hint } : {}),
      ...(answer === undefined ? {} : { value: answer }),
    };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
