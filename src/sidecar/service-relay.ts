import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HostService } from "../core/model/control-message.ts";
import type { ServiceHandler } from "../gateway/gateway.ts";

/** Fields of a request that each service looks at; supervise asks whom it was meant for, git's own server does not. */
const ASKED: Readonly<Record<HostService, readonly string[]>> = {
  git: ["content-type", "content-encoding", "content-length", "git-protocol", "accept"],
  hook: ["content-type", "content-length"],
  mcp: ["content-type", "content-encoding", "content-length", "mcp-protocol-version", "accept", "host", "origin"],
};
/** Fields of its answer that a client looks at. */
const ANSWERED: readonly string[] = [
  "content-type",
  "cache-control",
  "expires",
  "pragma",
  "location",
  "content-length",
  "allow",
];

/** Hands requests on to a service of the host process, each over a connection of its own, at the pace of the slower side. */
export function serviceRelay(name: HostService, connect: () => Promise<Socket>): ServiceHandler {
  return (incoming, response) => {
    connect().then(
      (socket) => relay(name, incoming, response, socket),
      () => unreachable(response),
    );
  };
}

function relay(name: HostService, incoming: IncomingMessage, response: ServerResponse, socket: Socket): void {
  const outgoing = httpRequest({
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: { host: "service", connection: "close", ...picked(incoming, ASKED[name]) },
    createConnection: () => socket,
  });
  outgoing.once("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, picked(answer, ANSWERED));
    answer.on("error", () => response.destroy());
    answer.pipe(response);
  });
  outgoing.on("error", () => unreachable(response));
  response.once("close", () => socket.destroy());
  incoming.pipe(outgoing);
}

function picked({ headers }: IncomingMessage, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

function unreachable(response: ServerResponse): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(502, { "content-type": "text/plain" }).end("bot-bottle: the host process cannot be reached\n");
}
