import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");

async function why(operator: Operator, ...args: string[]) {
  const run = await operator.bottle(["why", ...args, "--format", "json"]);
  assert.equal(run.code, 0, run.stderr);
  return JSON.parse(run.stdout);
}

test("of an agent: a denial, and each thing that it offers makes it an allow, pasted as it stands", {
  skip,
}, async () => {
  using operator = newOperator();
  const before = readdirSync(operator.home);
  const request = ["shell", "GET", "https://registry.npmjs.org/@babel%2fcore"] as const;
  const answer = await why(operator, ...request);
  assert.deepEqual(
    [answer.kind, answer.verdict, answer.reason, answer.add.allow],
    ["agent", "deny", "host-not-listed", ["npm", "registry.npmjs.org"]],
  );
  assert.equal(answer.add.manifests.length, 2);
  for (const word of answer.add.allow) {
    assert.equal((await why(operator, ...request, "--allow", word)).verdict, "allow", word);
  }
  assert.deepEqual(readdirSync(operator.home), before, "nothing was made");
  for (const manifest of answer.add.manifests) {
    operator.writeManifest(JSON.stringify(manifest));
    const now = await why(operator, ...request);
    assert.equal(now.verdict, "allow", JSON.stringify(manifest));
  }
  const check = ["why", "shell", "POST", "https://other.example/x", "--check"];
  assert.equal((await operator.bottle(check)).code, 1);
  assert.equal((await operator.bottle([...check, "--allow", "other.example"])).code, 0);
});

test("of an agent: whose rule it is, by file and place; near misses; credentials by name only", { skip }, async () => {
  using operator = newOperator();
  const rules = [
    { host: "a.example.com", methods: ["POST"], paths: ["/v1/*"] },
    { host: "*.example.com", port: 8443 },
  ];
  const credentials = { token: { source: { env: "MY_TOKEN" }, hosts: ["a.example.com"], scheme: "bearer" } };
  operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules }, credentials } } }));
  const allowed = await operator.bottle(["why", "shell", "POST", "https://a.example.com/v1/x"], {
    env: { MY_TOKEN: "sk-real-value-0123456789" },
  });
  assert.match(allowed.stdout, /^allow {4}POST https:\/\/a\.example\.com\/v1\/x$/m);
  assert.match(
    allowed.stdout,
    /^from {5}bottles\.default\.egress\.rules\[0\] of .*\.config\/bot-bottle\/bot-bottle\.json$/m,
  );
  assert.match(allowed.stdout, /^adds {5}the credential token$/m);
  assert.ok(!`${allowed.stdout}${allowed.stderr}`.includes("sk-real-value"));
  const denied = await operator.bottle(["why", "shell", "GET", "https://a.example.com/v1/x"]);
  assert.match(denied.stdout, /^near {5}fits host and path, but not the method: .*\[operator:0\]/m);
  assert.match(denied.stdout, /^near {5}fits the host, but not the port: .*\[operator:1\]/m);
});

test("row 141: a project's file takes access away, and why says that it was the project", { skip }, async () => {
  using operator = newOperator();
  operator.writeManifest('{ "bottles": { "default": { "egress": { "packs": ["npm", "pypi"] } } } }');
  const helper = { provider: "shell", deny: [{ host: "registry.npmjs.org" }] };
  writeFileSync(join(operator.workspace, "bot-bottle.json"), JSON.stringify({ agents: { helper } }));
  const denied = await why(operator, "helper", "GET", "https://registry.npmjs.org/x");
  assert.deepEqual([denied.reason, denied.rule.source, denied.add], ["denied-by-rule", "project", null]);
  assert.match(denied.rule.origin, /^agents\.helper\.deny\[0\] of .*project\/bot-bottle\.json$/);
  assert.equal((await why(operator, "helper", "GET", "https://pypi.org/simple/x/")).verdict, "allow");
  assert.equal((await why(operator, "shell", "GET", "https://registry.npmjs.org/x")).verdict, "allow");
});

test("rows 129, 136: of a bottle, while it is there and after it was removed: what was refused, by its id", {
  skip: skipWithout("bubblewrap", "perl", "curl"),
}, async () => {
  using operator = newOperator();
  const script = "curl -s http://deb.debian.org/debian/dists/x; curl -s https://registry.npmjs.org/x";
  const run = await operator.bottle(["start", "shell", "--name", "one", "--allow", "a.example.com", "-p", script]);
  const refusal = JSON.parse(run.stdout).error;
  assert.deepEqual([refusal.reason, refusal.rule_pack], ["host-not-listed", "debian"]);

  const log = await operator.bottle(["audit", "one", "--denied"]);
  assert.match(log.stdout, /CONNECT registry\.npmjs\.org:443.*the rule pack npm would allow it/);
  const past = await why(operator, "one", refusal.request_id);
  assert.deepEqual(
    [past.kind, past.verdict, past.reason, past.request.url, past.add.pack],
    ["bottle", "deny", "host-not-listed", "http://deb.debian.org:80/debian/dists/x", "debian"],
  );
  const [connect] = /[0-9a-f]{8}-[0-9a-z]+(?= CONNECT registry)/.exec(log.stdout) ?? [""];
  assert.deepEqual((await why(operator, "one", connect)).add.allow, ["npm", "registry.npmjs.org"]);

  assert.equal(
    (await why(operator, "one", "GET", "https://a.example.com/x")).rule.origin,
    "--allow on the command line",
  );
  assert.equal((await why(operator, "one", "GET", "https://b.example.com/x")).verdict, "deny");
  assert.equal((await operator.bottle(["why", "one", "GET", "https://b.example.com/", "--allow", "npm"])).code, 2);
  const unknown = await operator.bottle(["why", "one", "00000000-zz"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /REQUEST_NOT_FOUND/);

  // One of an older version: no list of what is denied. One that was changed: not believed.
  const path = join(operator.home, ".local/state/bot-bottle/bottles/one/policy.json");
  const { deny, ...old } = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(deny, []);
  writeFileSync(path, JSON.stringify(old));
  assert.equal((await why(operator, "one", "GET", "https://a.example.com/x")).verdict, "allow");
  writeFileSync(path, JSON.stringify({ ...old, later: true }));
  const changed = await operator.bottle(["why", "one", "GET", "https://a.example.com/x"]);
  assert.equal(changed.code, 4);
  assert.match(changed.stderr, /STATE_UNUSABLE/);

  assert.equal((await operator.bottle(["rm", "one"])).code, 0);
  const gone = await why(operator, "one", refusal.request_id);
  assert.deepEqual([gone.kind, gone.reason, gone.past.length], ["removed bottle", "host-not-listed", 1]);
});

test("of a bottle: what came of a request that was let out, by its id, also when it was removed", {
  skip: skipWithout("bubblewrap", "curl"),
}, async () => {
  using operator = newOperator();
  const server = createServer((_, response) => response.writeHead(418).end("short and stout"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const dial = { address: "127.0.0.1", port };
    const rules = [{ host: "tea.example.com", scheme: "http", port: 80, dial }];
    operator.writeManifest(JSON.stringify({ bottles: { default: { egress: { rules } } } }));
    const script = "curl -s -d 12345 http://tea.example.com/pot";
    const run = await operator.bottle(["start", "shell", "--name", "one", "-p", script]);
    assert.deepEqual([run.code, run.stdout.trim()], [0, "short and stout"], run.stderr);
    const log = await operator.bottle(["audit", "one", "--host", "tea.example.com"]);
    const [id] = /[0-9a-f]{8}-[0-9a-z]+(?= POST)/.exec(log.stdout) ?? [""];
    for (const removed of [false, true]) {
      if (removed) assert.equal((await operator.bottle(["rm", "one"])).code, 0);
      const past = await why(operator, "one", id);
      assert.deepEqual(
        [past.verdict, past.reason, past.request.method, past.request.url, past.rule.host],
        ["allow", "allowed", "POST", "http://tea.example.com:80/pot", "tea.example.com"],
      );
      assert.deepEqual(
        past.past.map(({ event }: { event: { type: string; status?: number } }) => [event.type, event.status]),
        [
          ["decision", undefined],
          ["result", 418],
        ],
      );
      const told = await operator.bottle(["why", "one", id]);
      assert.match(told.stdout, /^log {6}\S+Z allow allowed, by \S+ of policy version 1, http, address 127\.0\.0\.1$/m);
      assert.match(told.stdout, /^log {6}\S+Z status 418, 5 bytes out, 15 in, \d+ ms$/m);
    }
  } finally {
    server.close();
  }
});

test("row 129: what a URL holds reaches the terminal only escaped; what is no URL is a usage error", {
  skip,
}, async () => {
  using operator = newOperator();
  mkdirSync(join(operator.workspace, "sub"));
  const evil = "https://a.example.com/\u001b]0;owned\u0007\u202egnp.exe";
  const run = await operator.bottle(["why", "shell", "GET", evil]);
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /request-malformed/);
  assert.ok(!/[\u001b\u0007\u202e]/.test(run.stdout), JSON.stringify(run.stdout));
  for (const args of [
    ["shell", "GET", "a.example.com/x"],
    ["shell", "GET", "ftp://a.example.com/x"],
    ["shell", "https://a.example.com/x"],
    ["shell", "nonsense"],
    ["no\u001bbody", "GET", "https://a.example.com/x"],
    ["shell"],
  ]) {
    const wrong = await operator.bottle(["why", ...args]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""], args.join(" "));
    assert.ok(!wrong.stderr.includes("\u001b"));
  }
});
