import { createServer as createHttp } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import { Pool } from "undici";
import type { EgressRule } from "../../src/core/model/policy.ts";
import { Secret } from "../../src/core/model/secret.ts";
import { createBottleCa } from "../../src/gateway/certificate/bottle-ca.ts";
import { startGateway } from "../../src/gateway/gateway.ts";
import { openAudit } from "../../src/state/audit.ts";

/** One proxy of the benchmark in a process of its own: `proxy.ts KIND ORIGIN_PORT ORIGIN_CA AUDIT_FOLDER`. */
const [kind = "", originPort = "0", originCa = "", folder = ""] = process.argv.slice(2);
const HOST = "bench.example.test";
const port = Number(originPort);

/** The real gateway; names go to a public address that the dialler maps to the origin. */
async function gateway(mode: "inspect" | "splice", credential: boolean, listener: Server): Promise<string> {
  const rule: EgressRule = {
    id: "bench:0",
    source: "operator",
    host: HOST,
    port: 443,
    scheme: "https",
    mode,
    methods: null,
    paths: mode === "inspect" ? ["/*"] : null,
    body: null,
    websocket: false,
    maxRequestBytes: mode === "inspect" ? 2 * 1024 ** 3 : null,
    dial: null,
  };
  const binding = {
    name: "bench",
    scheme: { kind: "bearer" },
    hosts: [HOST],
    placeholder: "sk-bench-placeholder-0123456789",
    drops: [],
  } as const;
  const secret = new Secret("bench", "sk-bench-secret-0123456789abcdef");
  const started = startGateway({
    bottle: "bench",
    listener,
    policy: { version: 1, rules: [rule], deny: [], credentials: credential ? [binding] : [] },
    secrets: () => secret,
    ownAddresses: () => [],
    audit: await openAudit(join(folder, `audit-${process.pid}.jsonl`)),
    resolve: async () => ["93.184.215.14"],
    connect: () => connect({ port, host: "127.0.0.1", allowHalfOpen: true }),
    upstreamCaPem: originCa,
  });
  return started.caPem;
}

/** What any TLS-ending proxy on Node and undici does at least: no rules, no audit, no checks. */
function bareRelay(listener: Server): string {
  const ca = createBottleCa("bare");
  const context = ca.contextFor(HOST);
  const trust = createSecureContext({ ca: originCa });
  const pool = new Pool("http://upstream.invalid", {
    connections: 64,
    pipelining: 1,
    connect: (_, done) => {
      const socket = connectTls({ port, host: "127.0.0.1", servername: HOST, secureContext: trust });
      socket.once("secureConnect", () => done(null, socket));
      socket.once("error", (error) => done(error, null));
    },
  });
  const inner = createHttp({ keepAliveTimeout: 120_000 }, (request, response) => {
    const { method = "GET", url = "/", rawHeaders } = request;
    const body = request.headers["content-length"] === undefined ? null : request;
    pool.dispatch(
      { method, path: url, headers: rawHeaders, body },
      {
        onRequestStart: () => {},
        onResponseStart: (controller, status) => {
          const raw = controller.rawHeaders;
          const headers = Array.isArray(raw) ? raw.map((part: Buffer | string) => part.toString("latin1")) : [];
          response.sendDate = false;
          response.writeHead(status, headers);
        },
        onResponseData: (controller, chunk) => {
          if (response.write(chunk)) return;
          controller.pause();
          response.once("drain", () => controller.resume());
        },
        onResponseEnd: () => response.end(),
        onResponseError: () => response.destroy(),
      },
    );
  });
  tunnels(listener, (socket) => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext: context, ALPNProtocols: ["http/1.1"] });
    secured.on("error", () => {});
    secured.once("secure", () => inner.emit("connection", secured));
  });
  return ca.caPem;
}

/** A CONNECT relay that pipes. */
function bareSplice(listener: Server): string {
  tunnels(listener, (socket) => {
    const upstream = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    upstream.on("error", () => socket.destroy());
    upstream.setNoDelay(true);
    socket.pipe(upstream);
    upstream.pipe(socket);
  });
  return originCa;
}

function tunnels(listener: Server, open: (socket: Socket) => void): void {
  const outer = createHttp();
  outer.on("connect", (_, socket: Socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    open(socket);
  });
  listener.on("connection", (socket) => {
    socket.setNoDelay(true);
    outer.emit("connection", socket);
  });
}

const listener = createServer();
listener.listen(0, "127.0.0.1", async () => {
  const caPem =
    kind === "bare inspect"
      ? bareRelay(listener)
      : kind === "bare splice"
        ? bareSplice(listener)
        : await gateway(kind.includes("splice") ? "splice" : "inspect", kind.includes("credential"), listener);
  process.send?.({ port: (listener.address() as AddressInfo).port, caPem: kind.includes("splice") ? originCa : caPem });
});
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() });
});
process.once("disconnect", () => process.exit(0));
