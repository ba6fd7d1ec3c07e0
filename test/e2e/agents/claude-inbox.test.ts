import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Scene } from "../../../src/demo/script.ts";
import { MODEL_HOST, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { openScreen } from "../../support/screen.ts";

const skip = skipWithout("bubblewrap", "perl", "claude", "curl", "tmux");
const KEY = "sk-ant-api03-made-up-key-for-this-test-0123456789";
const HOST = "files.example.com";
const ASKED = `http://${HOST}/report`;
const fetching = (query: string) => ({
  name: "Bash",
  input: { command: `curl -sS -N -m 120 '${ASKED}${query}'; echo " exit $?"` },
});
const idIn = (result: string): string => /"id": "([0-9a-z-]+)"/.exec(result)?.[1] ?? "none";

/** What the scripted model does: refused, it asks, waits, tries again, begins a download that does not end, and tries once more. */
const SCENE: Scene = {
  prompt: "fetch the report",
  command: `curl -sS -m 20 ${ASKED}`,
  // biome-ignore lint/suspicious/noThenProperty: the calls that follow
  then: [
    () => ({ name: "mcp__bot-bottle__request_access", input: { url: ASKED, why: "the nightly report" } }),
    (asked) => ({ name: "mcp__bot-bottle__wait_decision", input: { id: idIn(asked) } }),
    () => fetching(""),
    () => fetching("?endless"),
    (cut) => ({
      name: "Bash",
      input: { command: `echo 'the download: ${cut.replaceAll(/[^ a-z0-9]/g, " ").trim()}'; curl -sS -m 20 ${ASKED}` },
    }),
  ],
  answer: (result) => `at last: ${result.trim()}`,
};

test("the whole way: refused, asked for, shown in dashboard and CLI, allowed for an hour, used, seen to be used, undone", {
  skip,
}, async (t) => {
  const seen: string[] = [];
  const endless: ServerResponse[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? "");
    if (request.url !== "/report?endless") return void response.end("the report itself");
    response.write("it begins");
    endless.push(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
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
    using screen = openScreen(operator, 120, 34);
    screen.type("bottle");
    await screen.shows(/No bottles yet/);
    const env = { CLAUDE_CODE_OAUTH_TOKEN: KEY };
    const run = operator.bottle(["start", "claude", "--name", "asks", "-p", "please fetch the report"], { env });

    // The item, in both places.
    const cli = eventually("the CLI shows it", async () => {
      const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
      const [item] = JSON.parse(stdout || "[]") as readonly Readonly<Record<string, unknown>>[];
      return item === undefined ? null : { item, at: Date.now() };
    });
    const shown = screen.shows(/the nightly report/).then(() => Date.now());
    const [{ item, at }, shownAt] = await Promise.all([cli, shown]);
    const asked = Date.parse(String(item.createdAt));
    t.diagnostic(`shown by the CLI ${at - asked} ms after it was asked, by the dashboard after ${shownAt - asked} ms`);
    assert.equal(item.kind, "access");
    assert.equal(item.words, "the nightly report");
    assert.match(screen.text(), /its words, not checked/);
    assert.match(screen.text(), /plain-http|not encrypted|plain HTTP/i);
    assert.deepEqual(seen, [], "nothing went out before the yes");

    // Allowed for an hour, by two keys, and the last label of the host where a flag wants it.
    screen.tmux("send-keys", "!");
    await screen.shows(/a {1,2}1 h/);
    // Keys of a card count a moment after it came.
    const answered = () => /type com to allow|allowed \S+ of asks|was allowed/.test(screen.text());
    for (let tries = 0; tries < 20 && !answered(); tries++) {
      screen.tmux("send-keys", "A");
      const until = Date.now() + 1000;
      await eventually("a moment for the key", () => answered() || Date.now() > until);
    }
    if (/type com to allow/.test(screen.text())) screen.type("com");
    await screen.shows(/200 at \d\d:\d\d/);
    await eventually("the endless download goes on", () => endless.length > 0);
    assert.deepEqual(seen, ["/report", "/report?endless"]);
    const grants = JSON.parse((await operator.bottle(["grants", "--format", "json"])).stdout);
    assert.equal(grants[0].grants[0].firstUse.status, 200);

    // Undo cuts what goes on, and what comes after it is refused.
    screen.tmux("send-keys", "u");
    const ended = await run;
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    assert.match(ended.stdout, /at last: the download: it begins *curl .*exit (?:18|56)/s);
    assert.match(ended.stdout, /host-not-listed|path-not-listed/);
    assert.deepEqual(seen, ["/report", "/report?endless"]);
    const log = (await operator.bottle(["audit", "asks"])).stdout;
    assert.match(log, /answer +\S+ allow for by \S+ \(dashboard\)/);
    assert.match(log, /undo/);
    assert.equal((await operator.bottle(["audit", "--verify", "asks"])).code, 0);
    // The first only leaves the card, where it still has the keys.
    screen.tmux("send-keys", "q");
    screen.tmux("send-keys", "q");
    await screen.shows(/^\$/m);
    assert.equal((await operator.bottle(["rm", "--discard", "asks"])).code, 0);
  } finally {
    await operator.bottle(["stop", "--grace", "0", "asks"]);
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
});
