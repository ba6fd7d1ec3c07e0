import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MODEL_HOST, startStandIn } from "../../../src/demo/stand-in.ts";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const KEY = `sk-ant-api03-${"made-up-key".repeat(8)}`;
const SCENE = {
  prompt: "say something",
  command: "env | grep -c sk-ant-api03",
  answer: (out: string) => `found ${out}`,
};

test("an API key of the host goes out as x-api-key, without the placeholder's bearer, and is not inside", {
  skip: skipWithout("bubblewrap", "perl", "claude"),
}, async () => {
  using operator = newOperator();
  const folder = mkdtempSync(join(tmpdir(), "api-key-"));
  const unix = join(folder, "api.sock");
  // Takes the key in its own header for genuine, and refuses every request that also has `authorization`.
  const standIn = await startStandIn({ socketPath: unix, authorization: null, apiKey: KEY, scenes: [SCENE] });
  try {
    const ca = join(folder, "ca.pem");
    writeFileSync(ca, standIn.caPem);
    const rules = [{ host: MODEL_HOST, paths: ["/v1/*", "/api/*"], dial: { unix, ca } }];
    const agents = { claude: { command: claudeBinary() } };
    operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules } } }, agents }));
    const env = { ANTHROPIC_API_KEY: KEY };
    const run = await operator.bottle(["start", "claude", "--rm", "-p", SCENE.prompt], { env });
    assert.equal(run.code, 0, run.stderr + run.stdout);
    assert.match(run.stdout, /^found 0/);
    assert.ok(standIn.seen.length >= 2);
    for (const seen of standIn.seen) assert.deepEqual([seen.apiKey, seen.authorization], [KEY, null]);
  } finally {
    await standIn.close();
    rmSync(folder, { recursive: true });
  }
});
