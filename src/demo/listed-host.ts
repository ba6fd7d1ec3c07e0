import { chmodSync } from "node:fs";
import { createServer } from "node:http";
import type { EgressRule } from "../core/model/policy.ts";

/** A host that the bottle may post to; the name is reserved and belongs to nobody (RFC 2606). */
export const LISTED_HOST = "listed.example";

/** What the gateway dials in its place. */
export interface ListedHost {
  /** Bodies that arrived. */
  readonly received: readonly string[];
  readonly rule: EgressRule;
  close(): Promise<void>;
}

/** Listens on a unix socket (mode 0600) and takes every body. */
export function openListedHost(socketPath: string): Promise<ListedHost> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      received.push(body);
      response.end("taken\n");
    });
  });
  const rule: EgressRule = {
    id: "demo:listed-host",
    source: "demo",
    host: LISTED_HOST,
    port: 80,
    scheme: "http",
    mode: "inspect",
    methods: ["POST"],
    paths: null,
    body: null,
    websocket: false,
    maxRequestBytes: null,
    dial: { kind: "unix", path: socketPath, caPem: null },
  };
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, () => {
      chmodSync(socketPath, 0o600);
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      resolve({ received, rule, close });
    });
  });
}
