import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openGitOrigin } from "../../support/git-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

test("row 115: real git clones and fetches through github-read, and cannot push, whatever the server would take", {
  skip: skipWithout("bubblewrap", "git", "curl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "git-origin-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const origin = await openGitOrigin(folder);
  t.after(() => origin.close());
  using operator = newOperator();
  // The rule itself allows nothing that git asks for: it says where the public name is dialled.
  const dial = { address: "127.0.0.1", port: origin.port, ca: origin.ca };
  const egress = { packs: ["github-read"], rules: [{ host: "github.com", paths: ["/none"], dial }] };
  operator.writeManifest(JSON.stringify({ bottles: { default: { egress } } }));
  const script = `
set -e
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1
git clone -q https://github.com/o/r.git r
cat r/README
cd r
git fetch -q origin
echo fetched
git -c user.name=a -c user.email=a@a.test commit -q --allow-empty -m mine
if git push -q origin HEAD:refs/heads/stolen; then echo PUSHED; fi
curl -s -o /dev/null -w '%{http_code}\\n' -X POST https://github.com/o/r.git/git-receive-pack -d 0000
`;
  const run = await operator.bottle(["start", "shell", "--name", "gitty", "-p", script]);
  assert.deepEqual([run.code, run.stdout], [0, "from upstream\nfetched\n403\n"], run.stderr);
  assert.ok(
    origin.seen.some((line) => line.startsWith("POST /o/r.git/git-upload-pack")),
    origin.seen.join("\n"),
  );
  assert.ok(!origin.seen.some((line) => line.includes("receive-pack")), origin.seen.join("\n"));
  const denied = await operator.bottle(["audit", "gitty", "--denied"]);
  assert.match(denied.stdout, /info\/refs\?service=git-receive-pack {2}query-not-listed/);
  assert.equal((await operator.bottle(["rm", "gitty"])).code, 0);
});

test("row 114: an upload to a host of a pack is refused, a download of the same host works, in a real bottle", {
  skip: skipWithout("bubblewrap", "git", "curl"),
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "git-origin-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const origin = await openGitOrigin(folder);
  t.after(() => origin.close());
  using operator = newOperator();
  const dial = { address: "127.0.0.1", port: origin.port, ca: origin.ca };
  operator.writeManifest(
    JSON.stringify({
      bottles: { default: { egress: { rules: [{ host: "registry.npmjs.org", paths: ["/none"], dial }] } } },
    }),
  );
  const get = "curl -s -o /dev/null -w '%{http_code}\\n'";
  const script = [
    `${get} https://registry.npmjs.org/@scope%2fname`,
    `${get} -X PUT -d '{}' https://registry.npmjs.org/@scope%2fname`,
    `${get} 'https://registry.npmjs.org/left-pad?data=secret'`,
    `${get} -H 'Content-Type: x/y' -X GET -d data https://registry.npmjs.org/left-pad`,
  ].join("\n");
  const run = await operator.bottle(["start", "shell", "--allow", "npm", "--rm", "-p", script]);
  // 404 is the stand-in's own answer.
  assert.equal(run.stdout, "404\n403\n403\n413\n", run.stderr);
  assert.deepEqual(origin.seen, ["GET /@scope%2fname"]);
});
