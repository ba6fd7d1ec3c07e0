import { chmod } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";

/** What another process of the operator may ask of the process that hosts a bottle. */
export type ControlRequest = { readonly do: "ping" } | { readonly do: "stop"; readonly graceMs: number };
export interface ControlReply {
  readonly ok: boolean;
  readonly error?: string;
}

const LINE_LIMIT = 4096;

/** Reads one JSON line of at most 4 KiB from a socket; null when the other side ends first or says more. */
function readLine(socket: import("node:net").Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > LINE_LIMIT) resolve(null);
    });
    socket.on("close", () => resolve(null));
    socket.on("error", () => resolve(null));
  });
}

function parseRequest(line: string | null): ControlRequest | null {
  try {
    const value: unknown = JSON.parse(line ?? "");
    if (typeof value !== "object" || value === null || !("do" in value)) return null;
    if (value.do === "ping") return { do: "ping" };
    const grace = "graceMs" in value ? value.graceMs : null;
    if (value.do === "stop" && typeof grace === "number" && grace >= 0 && grace <= 600_000)
      return { do: "stop", graceMs: grace };
    return null;
  } catch {
    return null;
  }
}

/**
 * Listens at `path` (in the bottle's 0700 runtime folder, so that only the operator reaches it). Answering here is
 * what "alive" means. A reply is sent when the request was carried out.
 */
export async function serveControl(path: string, handle: (request: ControlRequest) => Promise<void>): Promise<Server> {
  const server = createServer(async (socket) => {
    socket.setTimeout(10_000, () => socket.destroy());
    const request = parseRequest(await readLine(socket));
    socket.setTimeout(0);
    let reply: ControlReply = { ok: false, error: "request not understood" };
    if (request !== null) {
      reply = await handle(request).then(
        () => ({ ok: true }),
        (error: unknown) => ({ ok: false, error: error instanceof Error ? error.message : String(error) }),
      );
    }
    socket.end(`${JSON.stringify(reply)}\n`);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  await chmod(path, 0o600);
  return server;
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
    const value: unknown = JSON.parse((await readLine(socket)) ?? "null");
    if (typeof value !== "object" || value === null || !("ok" in value)) return null;
    const error = "error" in value && typeof value.error === "string" ? { error: value.error } : {};
    return { ok: value.ok === true, ...error };
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
