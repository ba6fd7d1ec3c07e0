import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker", "docker-images");

/** An HTTP server of the operator's machine that says its name and the size of what it was sent. */
async function openServer(t: TestContext, name: string, where: string | null): Promise<Server> {
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (piece: Buffer) => {
      bytes += piece.length;
    });
    request.on("end", () => response.end(`${name} got ${bytes}\n`));
  });
  await new Promise<void>((resolve) =>
    where === null ? server.listen(0, "127.0.0.1", resolve) : server.listen(where, resolve),
  );
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

for (const placement of ["socket", "bundle"]) {
  test(`a dial to loopback or to a socket of the operator's machine works in placement ${placement}`, {
    skip,
  }, async (t) => {
    using operator = newOperator();
    const path = join(operator.home, "upstream.sock");
    const port = ((await openServer(t, "loopback", null)).address() as AddressInfo).port;
    await openServer(t, "socket", path);
    chmodSync(path, 0o600);
    const rule = (host: string, dial: object) => ({ host, scheme: "http", port: 80, methods: ["POST"], dial });
    const rules = [
      rule("loopback.example", { address: "127.0.0.1", port }),
      rule("socket.example", { unix: path }),
      rule("nobody.example", { unix: `${path}.none` }),
    ];
    operator.writeManifest(JSON.stringify({ bottles: { default: { placement, egress: { rules } } } }));
    const script = [
      "head -c 3000000 /dev/zero | tr '\\0' 'a' >/tmp/body",
      "for host in loopback socket nobody; do",
      // A refusal that comes while much is still being sent can be lost with the connection.
      "[ $host != nobody ] || echo x >/tmp/body",
      "curl -s -m 60 -w '%{http_code}\\n' -H 'Content-Type: text/plain' --data-binary @/tmp/body http://$host.example/ | tail -n 2",
      "done",
      // The address of the rule is no address of the bottle's.
      `curl -s -m 5 --noproxy '*' http://127.0.0.1:${port}/ || echo "directly: $?"`,
    ].join("\n");
    const run = await operator.bottle(["start", "shell", "-p", script, "--backend", "docker", "--rm"]);
    assert.equal(run.code, 0, run.stderr);
    assert.match(
      run.stdout,
      /^loopback got 3000000\n200\nsocket got 3000000\n200\n[^\n]*upstream-unreachable[^\n]*\n?502\ndirectly: 7\n$/,
    );
  });
}
