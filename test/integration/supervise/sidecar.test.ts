import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { AskedItem } from "../../../src/supervise/ledger.ts";
import { createSupervise } from "../../../src/supervise/supervise.ts";
import { policyOf } from "../../support/gateway/fixture.ts";
import { createMemoryAudit } from "../../support/gateway/memory-audit.ts";
import { openSidecar } from "../../support/sidecar/world.ts";

test("where the gateway runs beside the bottle, supervise stays in the host process and is reached over the control stream", async (t) => {
  const shown: AskedItem[] = [];
  const show = async (item: AskedItem) => void shown.push(item);
  const supervise = createSupervise({
    ...{ policy: policyOf([]), repositories: [], audit: createMemoryAudit(), redact: (text: string) => text },
    desk: { show, renew: show, withdraw: () => undefined },
  });
  const { services } = await openSidecar(t, { handlers: { mcp: supervise.handle } });
  const url = new URL(`http://127.0.0.1:${services.ports()[0]}/mcp`);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(url) as Transport);
  assert.equal((await client.listTools()).tools.length, 6);
  const args = { url: "https://files.example.test/a", why: "x" };
  const said = await client.callTool({ name: "request_access", arguments: args });
  assert.match(JSON.stringify(said.content), /pending/);
  const [item] = shown;
  assert.ok(item !== undefined && !("kind" in item) && item.authority === "files.example.test:443");
  const got = await fetch(url);
  assert.deepEqual([got.status, got.headers.get("allow")], [405, "POST"]);
  const foreign = await fetch(url, { method: "POST", headers: { origin: "https://evil.test" }, body: "{}" });
  assert.equal(foreign.status, 403);
  await client.close();
  supervise.close();
  const refused = await fetch(url.href.replace("/mcp", "/git/a/repo/info/refs"));
  assert.equal(refused.status, 404, "this bottle has no git gate");
});
