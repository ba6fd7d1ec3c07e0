import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Scene } from "../../../src/demo/script.ts";
import { MODEL_HOST, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "claude", "curl");
const KEY = "sk-ant-api03-made-up-key-for-this-test-0123456789";
const HOST = "files.example.com";
const URL_ASKED = `http://${HOST}/report`;
const FETCH = `curl -sS -m 20 ${URL_ASKED}; true`;

const idIn = (result: string): string => /"id": "([0-9a-z-]+)"/.exec(result)?.[1] ?? "none";

/** What the scripted model does: refused, it asks, waits, and tries again. */
const SCENE: Scene = {
  prompt: "fetch the report",
  command: FETCH,
  // biome-ignore lint/suspicious/noThenProperty: the calls that follow
  then: [
    (refusal) => ({
      name: "mcp__bot-bottle__request_access",
      input: { url: URL_ASKED, why: refusal.includes("request_access") ? "the refusal said how to ask" : "?" },
    }),
    (asked) => ({ name: "mcp__bot-bottle__wait_decision", input: { id: idIn(asked) } }),
    (decided) => ({
      name: "Bash",
      input: { command: decided.includes('"status": "approved"') ? FETCH : `echo not approved: '${decided}'` },
    }),
  ],
  answer: (result) => `what came: ${result.trim()}`,
};

test("the real Claude Code, refused a host, asks by its MCP server, hears the yes, and its retry gets through", {
  skip,
}, async (t) => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end("the report itself");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
  const socketPath = join(folder, "api.sock");
  const standIn = await startStandIn({ socketPath, authorization: `Bearer ${KEY}`, scenes: [SCENE] });
  try {
    writeFileSync(join(folder, "ca.pem"), standIn.caPem);
    const rules = [
      { host: MODEL_HOST, paths: ["/v1/*", "/api/*"], dial: { unix: socketPath, ca: join(folder, "ca.pem") } },
      { host: HOST, scheme: "http", paths: ["/listed"], dial: { address: "127.0.0.1", port } },
    ];
    const bottles = { default: { egress: { rules } } };
    operator.writeManifest(JSON.stringify({ bottles, agents: { claude: { command: claudeBinary() ?? "" } } }));
    const env = { CLAUDE_CODE_OAUTH_TOKEN: KEY };
    const run = operator.bottle(["start", "claude", "--name", "asks", "-p", "please fetch the report"], { env });
    const waiting = await eventually("an item waits", async () => {
      const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
      const list = JSON.parse(stdout || "[]") as readonly {
        id: string;
        method: string;
        target: string;
        asked?: object;
      }[];
      return list.length === 1 ? list : null;
    });
    const [item] = waiting;
    assert.deepEqual(item?.asked, { words: "the refusal said how to ask", count: 1 });
    assert.equal(`${item?.method} ${item?.target}`, "GET /report");
    assert.deepEqual(seen, [], "nothing went out before the yes");
    const once = await operator.bottle(["allow", item?.id ?? "", "--once"]);
    assert.equal(once.code, 2, "there is no request that could be let go once");
    assert.match(once.stderr, /--for 1h/);
    const yes = await operator.bottle(["allow", item?.id ?? "", "--for", "1h"]);
    assert.equal(yes.code, 0, yes.stderr);
    const ended = await run;
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    assert.match(ended.stdout, /what came: the report itself/);
    assert.deepEqual(seen, ["GET /report"]);
    const [first] = standIn.seen.filter(({ request }) => request?.tools.includes("Bash"));
    assert.ok(first?.request?.tools.includes("mcp__bot-bottle__list_access"), "the tools are there in the first turn");
    const log = (await operator.bottle(["audit", "asks"])).stdout;
    assert.match(log, /agent +\S+ asked access GET http:\/\/files\.example\.com:80\/report/);
    assert.match(log, /answer +\S+ allow for by \S+ \(cli\)/);
    assert.equal((await operator.bottle(["audit", "--verify", "asks"])).code, 0);
    assert.equal((await operator.bottle(["rm", "--discard", "asks"])).code, 0);
  } finally {
    await operator.bottle(["stop", "--grace", "0", "asks"]);
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
});
