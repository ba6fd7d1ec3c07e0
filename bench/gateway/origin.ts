import { createServer } from "node:https";
import { createBottleCa } from "../../src/gateway/certificate/bottle-ca.ts";

/** The upstream of the benchmark, in a process of its own: 1 KiB at `/`, `/bulk/N` streams N MiB, `/up` counts a body. */
const ca = createBottleCa("bench-origin");
const small = Buffer.alloc(1024, "o");
const piece = Buffer.alloc(64 * 1024, "b");

const server = createServer(
  { SNICallback: (name, done) => done(null, ca.contextFor(name)), ALPNProtocols: ["http/1.1"] },
  (request, response) => {
    const bulk = /^\/bulk\/(\d{1,4})$/.exec(request.url ?? "");
    request.resume();
    if (bulk === null) {
      request.once("end", () => {
        response.setHeader("content-length", small.length);
        response.end(small);
      });
      return;
    }
    let left = Number(bulk[1]) * 1024 * 1024;
    response.setHeader("content-length", left);
    const more = () => {
      while (left > 0) {
        left -= piece.length;
        if (!response.write(piece)) return response.once("drain", more);
      }
      return response.end();
    };
    more();
  },
);
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" ? address?.port : 0, caPem: ca.caPem });
});
process.once("disconnect", () => process.exit(0));
