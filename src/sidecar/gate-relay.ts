import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ServiceHandler } from "../gateway/gateway.ts";

/** Fields of a request that git's own server looks at. */
const ASKED: readonly string[] = ["content-type", "content-encoding", "content-length", "git-protocol", "accept"];
/** Fields of its answer that a client looks at. */
const ANSWERED: readonly string[] = [
  "content-type",
  "cache-control",
  "expires",
  "pragma",
  "location",
  "content-length",
];

/** Hands requests on to the git gate, each over a connection of its own, at the pace of the slower side. */
export function gateRelay(connect: () => Promise<Socket>): ServiceHandler {
  return (incoming, response) => {
    connect().then(
      (socket) => relay(incoming, response, socket),
      () => unreachable(response),
    );
  };
}

function relay(incoming: IncomingMessage, response: ServerResponse, socket: Socket): void {
  const outgoing = httpRequest({
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: { host: "git-gate", connection: "close", ...picked(incoming, ASKED) },
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
  response.writeHead(502, { "content-type": "text/plain" }).end("git gate: the host process cannot be reached\n");
}
