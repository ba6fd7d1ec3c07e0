import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { end, folderOf, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "curl");
type World = Awaited<ReturnType<typeof openWorld>>;

/** A message as curl sends it from inside. */
async function send(world: World, method: string, params: object, ...more: readonly string[]) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const fields = ["-H", "content-type: application/json", "-H", "accept: application/json, text/event-stream"];
  const { stdout } = await world.operator.bottle([
    ...["exec", "one", "--", "sh", "-c", 'exec curl -sS --max-time 60 "$@" "$BOT_BOTTLE_MCP_URL"', "curl"],
    ...[...fields, "-d", body, ...more],
  ]);
  return stdout;
}

async function call(world: World, name: string, args: object): Promise<Record<string, unknown>> {
  const answer = JSON.parse(await send(world, "tools/call", { name, arguments: args }));
  return JSON.parse(answer.result.content[0].text);
}

test("an agent is refused, asks by MCP as the refusal says, is allowed for an hour, gets through, and a revoke cuts it", {
  skip,
}, async (t) => {
  using world = await openWorld(t, { default: "deny" });
  const refused = await world.curl(url("/x"));
  assert.equal(refused.status, 403);
  assert.match(refused.text, /request_access of the MCP server bot-bottle/);
  const asked = await call(world, "request_access", { url: url("/x"), why: "to see it" });
  const [item] = await world.waiting(1);
  assert.equal(item?.id, asked.id);
  const allowed = await world.run("allow", item?.id ?? "", "--for", "1h");
  assert.match(allowed.stdout, /GET http:\/\/stand\.example\.com:80\/x/);
  assert.equal((await call(world, "wait_decision", { id: asked.id })).status, "approved");
  assert.equal((await world.curl(url("/x"))).text, "answer to /x");
  assert.equal((await world.curl(url("/y"))).status, 403);
  await world.run("grants", "--revoke", `g-${asked.id}`);
  assert.equal((await world.curl(url("/x"))).status, 403);
  assert.equal((await call(world, "wait_decision", { id: asked.id })).status, "ended");
  const other = await call(world, "request_access", { url: url("/z"), why: "this, too" });
  await world.run("deny", String(other.id), "--reason", "no need");
  const no = await call(world, "wait_decision", { id: other.id });
  assert.deepEqual([no.status, no.operator], ["denied", "no need"]);
  assert.equal((await world.run("audit", "--verify", "one")).code, 0);
  assert.match(
    (await world.run("audit", "one")).stdout,
    /agent .* asked access GET .*\/z {2}the agent says: this, too/,
  );
  await end(world);
});

test("rows 129, 132, 148: from inside nobody can forge an answer, change what the agent is told, or bury the operator", {
  skip,
}, async (t) => {
  using world = await openWorld(t, { default: "deny" });
  const { id } = await call(world, "request_access", { url: url("/x"), why: "one" });
  for (const method of ["tools/approve", "allow", "notifications/approved"]) await send(world, method, { id });
  const said = await send(world, "tools/call", { name: "allow", arguments: { id } });
  assert.match(said, /no such tool/);
  const extra = await call(world, "wait_decision", { id, status: "approved" });
  assert.match(String(extra.error), /not known/);
  const shell = async (script: string) => (await world.operator.bottle(["exec", "one", "--", "sh", "-c", script])).code;
  assert.notEqual(await shell("echo x >> /run/bottle/supervise.json"), 0);
  assert.notEqual(await shell(`find / -name '${String(id)}*' 2>/dev/null | grep .`), 0);
  const flood = `for i in $(seq 60); do curl -sS -o /dev/null --noproxy '*' -H 'content-type: application/json' -H 'accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"request_access","arguments":{"url":"http://a.example.com/'$i'","why":"x"}}}' "$BOT_BOTTLE_MCP_URL"; done`;
  await shell(flood);
  const { stdout } = await world.run("approvals", "--format", "json");
  assert.ok(JSON.parse(stdout).length <= 20, "what waits can still be read");
  assert.equal((await world.curl(url("/x"))).status, 403, "nothing of it is allowed");
  assert.deepEqual(world.seen, []);
  await end(world);
});

test("row 127: a host process that is killed while an agent waits leaves nothing that could be answered", {
  skip,
}, async (t) => {
  using world = await openWorld(t, { default: "deny" });
  const { id } = await call(world, "request_access", { url: url("/x"), why: "one" });
  const waiting = send(world, "tools/call", { name: "wait_decision", arguments: { id } });
  await world.waiting(1);
  await world.kill();
  assert.doesNotMatch(await waiting, /approved/);
  assert.equal((await world.operator.bottle(["allow", String(id), "--for", "1h"])).code, 2);
  const folder = folderOf(world.operator);
  await world.run("resume", "one", "-p", "true");
  assert.ok(!existsSync(join(folder, "proposals")) || readdirSync(join(folder, "proposals")).length === 0);
  await world.run("rm", "--discard", "one");
});

test("a manifest that turns supervise off: no server, no variable, no file, no word of it in a refusal", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest(JSON.stringify({ bottles: { default: { supervise: false } } }));
  const script = [
    "set -- http://127.0.0.1:9099/mcp; curl -sS --noproxy '*' -o /dev/null -w '%{http_code}\\n' \"$1\"",
    'echo "url=${BOT_BOTTLE_MCP_URL-none}"; ls /run/bottle; curl -sS http://a.example.com/',
  ].join("\n");
  const off = await operator.bottle(["start", "shell", "--without-cgroup", "--rm", "-p", script]);
  assert.equal(off.code, 0, off.stderr);
  assert.match(off.stdout, /^404\nurl=none\n/);
  assert.doesNotMatch(off.stdout, /supervise|MCP/);
  const plan = await operator.bottle(["start", "shell", "--dry-run", "--format", "text"]);
  assert.doesNotMatch(plan.stdout, /MCP/);
  operator.writeManifest("{}");
  assert.match(
    (await operator.bottle(["start", "shell", "--dry-run", "--format", "text"])).stdout,
    /MCP server bot-bottle/,
  );
});
