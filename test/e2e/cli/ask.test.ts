import assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { end, folderOf, HOST, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "curl");

test("rows 132, 133, 144: asked in one terminal, answered in another: once is this request alone, and all of it is written down", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  assert.equal((await curl(url("/listed"))).status, 200);
  const posted = curl("-d", "a=\u001b[31m", url("/x?y"));
  const [first] = await waiting(1);
  assert.ok(first !== undefined);
  assert.deepEqual([first.bottle, first.target, first.bytes], ["one", "/x?y", 7]);
  // Neither the socket of the control nor what is shown lies where the agent is (attack row 133).
  const { run: sockets } = JSON.parse(readFileSync(join(folderOf(operator), "record.json"), "utf8"));
  for (const path of [folderOf(operator), sockets]) {
    assert.notEqual((await operator.bottle(["exec", "one", "--", "ls", path])).code, 0, path);
  }
  const list = await run("approvals", "one");
  assert.match(list.stdout, /POST http:\/\/stand\.example\.com:80\/x\?y/);
  assert.ok(!list.stdout.includes("\u001b"), "the agent's text is escaped");
  const why = await run("why", "one", first.id, "--format", "json");
  assert.equal(JSON.parse(why.stdout).verdict, "ask");
  const open = (await run("why", "one", first.id)).stdout;
  assert.match(open, /no answer: it waits for yours/);
  assert.doesNotMatch(open, /fixed at its start/, "the operator may still allow it");
  assert.deepEqual(world.seen, ["GET /listed "]);
  const allowed = await run("allow", first.id);
  assert.match(
    allowed.stdout,
    /covers this request alone: POST http:\/\/stand\.example\.com:80\/x\?y, with this very body/,
  );
  assert.deepEqual(await posted, { status: 200, text: "answer to /x?y" });

  const flood = curl("-d", `${"fake\n".repeat(200)}${"x".repeat(500)}`, url("/flood"));
  const [many] = await waiting(1);
  const screen = (await run("approvals", "one")).stdout;
  assert.ok(screen.split("\n").length < 25, "the request itself stays on the screen");
  assert.match(screen, /\(its other 476 bytes are not shown; 189 more lines with --format json\)/);
  await run("deny", many?.id ?? "");
  await flood;
  const past = await run("why", "one", first.id);
  assert.match(past.stdout, /No rule lists it: you said yes to this request/);

  const again = curl("-d", "b", url("/x?y"));
  const [second] = await waiting(1);
  const denied = await run("deny", second?.id ?? "", "--reason", "not now");
  assert.match(denied.stdout, /^denied /);
  const refused = await again;
  assert.equal(refused.status, 403);
  assert.deepEqual(
    [JSON.parse(refused.text).error.reason, JSON.parse(refused.text).error.request_id],
    ["ask-denied", second?.id],
  );
  for (const [id, code] of [
    [first.id, "APPROVAL_SETTLED"],
    ["00000000-0", "APPROVAL_NOT_FOUND"],
    ["../../x", "USAGE"],
  ] as const) {
    const late = await operator.bottle(["allow", id]);
    assert.equal(late.code, 2, id);
    assert.match(late.stderr, new RegExp(`\\[${code}\\]`), id);
  }
  const log = (await run("audit", "one", "--format", "json")).stdout.trim().split("\n");
  const events = log.map((line) => JSON.parse(line).event).filter(({ id }) => id === first.id);
  assert.deepEqual(
    events.map(({ type, verdict, scope }) => [type, verdict, scope]),
    [
      ["decision", "ask", undefined],
      ["answer", "allow", "once"],
      ["decision", "allow", undefined],
      ["result", undefined, undefined],
    ],
  );
  assert.match((await run("audit", "one")).stdout, /answer .* deny by \S+ \(cli\) \(not now\)/);
  await run("audit", "one", "--verify");
  assert.deepEqual(world.seen, ["GET /listed ", "POST /x?y a=\u001b[31m"]);
  await end(world);
});

test("rows 132, 148: a grant lets its path through until it is revoked; a persisted one stands in the manifest, comments kept", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const ask = async (path: string, ...scope: readonly string[]) => {
    const got = curl(url(path));
    const [one] = await waiting(1);
    const answer = await run("allow", one?.id ?? "", ...scope);
    assert.equal((await got).status, 200, path);
    return { id: one?.id ?? "", ...answer };
  };
  const timed = await ask("/timed", "--for", "1h");
  assert.match(timed.stdout, /covers GET http:\/\/stand\.example\.com:80\/timed, with any query and any body/);
  assert.equal((await curl(url("/timed?again"))).status, 200);
  const bound = await ask("/bound", "--bottle", "--format", "json");
  assert.deepEqual([JSON.parse(bound.stdout).grant.scope, JSON.parse(bound.stdout).version], ["bottle", 3]);

  const listed = JSON.parse((await run("grants", "--format", "json")).stdout)[0].grants;
  assert.deepEqual(
    listed.map(({ path }: { path: string }) => path),
    ["/timed", "/bound"],
  );
  const why = async (path: string) =>
    JSON.parse((await run("why", "one", "GET", url(path), "--format", "json")).stdout);
  assert.deepEqual([(await why("/bound")).verdict, (await why("/bound")).rule.source], ["allow", "grant"]);
  assert.match((await why("/bound")).meaning, /Your yes/);
  assert.equal((await why("/other")).verdict, "ask");
  assert.match((await run("grants", "--revoke", `g-${timed.id}`)).stdout, /^revoked .* policy version 4$/m);
  assert.equal((await operator.bottle(["grants", "--revoke", `g-${timed.id}`])).code, 2);
  assert.equal((await why("/timed")).verdict, "ask");
  const back = curl(url("/timed"));
  const [asked] = await waiting(1);
  await run("deny", asked?.id ?? "");
  assert.equal((await back).status, 403);

  const before = readFileSync(world.manifest, "utf8");
  const kept = curl(url("/kept"));
  const [open] = await waiting(1);
  const silent = await operator.bottle(["allow", open?.id ?? "", "--persist"]);
  assert.equal(silent.code, 2, "nobody was asked");
  assert.match(silent.stderr, /^\+.*"paths": \["\/kept"\]/m);
  assert.equal(readFileSync(world.manifest, "utf8"), before);
  // As those have it who keep such files in a repository of their own.
  const own = join(operator.home, "own.json");
  renameSync(world.manifest, own);
  symlinkSync(own, world.manifest);
  await run("allow", open?.id ?? "", "--persist", "--yes");
  assert.equal((await kept).status, 200);
  assert.ok(lstatSync(world.manifest).isSymbolicLink());
  const after = readFileSync(own, "utf8");
  const added = `      { "host": "${HOST}", "scheme": "http", "methods": ["GET"], "paths": ["/kept"] },\n`;
  assert.ok(after.includes(`// the stand\n${added}`), after);
  assert.equal(after.replace(added, ""), before);
  assert.equal(
    JSON.parse((await run("why", "shell", "GET", url("/kept"), "--format", "json")).stdout).verdict,
    "allow",
  );
  const revoked = await run("grants", "--revoke", `g-${open?.id}`);
  assert.match(revoked.stderr, /its rule for later bottles still stands in .*bot-bottle\.json/);
  const long = `/${"p".repeat(300)}`;
  await ask(`${long}/one`, "--bottle");
  assert.match((await run("grants")).stdout, /p\/one, with any query/, "a grant is listed to its end");
  // Grants end with the process: a resumed bottle has none.
  await run("stop", "--grace", "0", "one");
  const resumed = await operator.bottle(["resume", "one", "-p", `curl -s -m 2 ${url("/bound")}; true`]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /one asks: GET http:\/\/stand\.example\.com:80\/bound/);
  assert.equal(world.seen.filter((line) => line.startsWith("GET /bound")).length, 1);
  await run("rm", "--discard", "one");
});

test("a rule that asks holds what it lists; no other rule takes the question away, so none is written", {
  skip,
}, async (t) => {
  using world = await openWorld(t, { packs: [] }, '"ask": true, ');
  const { operator, curl, waiting, run } = world;
  assert.equal((await curl(url("/other"))).status, 403);
  const got = curl(url("/listed"));
  const [one] = await waiting(1);
  assert.match((await run("approvals")).stdout, /rule operator:0 asks each time/);
  const before = readFileSync(world.manifest, "utf8");
  const kept = await operator.bottle(["allow", one?.id ?? "", "--persist", "--yes"]);
  assert.equal(kept.code, 2);
  assert.match(kept.stderr, /asks each time/);
  assert.equal(readFileSync(world.manifest, "utf8"), before);
  await run("allow", one?.id ?? "", "--for", "10m");
  assert.equal((await got).status, 200);
  assert.equal((await curl(url("/listed"))).status, 200);
  for (const wrong of [
    ["--for", "2d"],
    ["--for", "0h"],
    ["--once", "--bottle"],
  ]) {
    assert.equal((await operator.bottle(["allow", "0-0", ...wrong])).code, 2, wrong.join(" "));
  }
  await end(world);
});

test("with the operator away everything ends by itself: time passes, and the agent is told", { skip }, async (t) => {
  using world = await openWorld(t, { default: "ask", askTimeout: 1 });
  // The second is a name that nobody has: it is not looked up.
  for (const where of [url("/x"), "https://elsewhere.example.com/x"]) {
    const got = await world.curl(where);
    assert.equal(got.status, 403, where);
    assert.equal(JSON.parse(got.text).error.reason, "ask-timeout", where);
  }
  assert.deepEqual(JSON.parse((await world.run("approvals", "--format", "json")).stdout), []);
  assert.deepEqual(world.seen, []);
  await end(world);
});

test("row 148: two operators answer at once: one is heard, the other is told; a follower that is killed harms nobody", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting } = world;
  const follower = operator.spawn(["approvals", "--follow"]);
  let told = "";
  follower.stdout?.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const got = curl(url("/x"));
  const [one] = await waiting(1);
  await eventually("the follower tells it", () => told.includes(one?.id ?? "?"));
  follower.kill("SIGKILL");
  const answers = await Promise.all([
    operator.bottle(["allow", one?.id ?? ""]),
    operator.bottle(["allow", one?.id ?? "", "--bottle"]),
  ]);
  assert.deepEqual(answers.map(({ code }) => code).sort(), [0, 2]);
  assert.match(answers.find(({ code }) => code === 2)?.stderr ?? "", /\[APPROVAL_(?:SETTLED|NOT_FOUND)\]/);
  assert.equal((await got).status, 200);
  assert.equal(world.seen.length, 1);
  await end(world);
});

test("row 127: a host process that is killed while a request waits lets nothing out, and leaves nothing behind", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const got = curl(url("/x"));
  const [one] = await waiting(1);
  const folder = folderOf(operator);
  assert.deepEqual(readdirSync(join(folder, "proposals")), [`${one?.id}.json`]);
  await world.kill();
  await got;
  const left = JSON.parse((await run("approvals", "--format", "json")).stdout) as readonly { kind: string }[];
  assert.deepEqual(
    left.map(({ kind }) => kind),
    ["crashed"],
    "what waited is gone with it",
  );
  const late = await operator.bottle(["allow", one?.id ?? ""]);
  assert.equal(late.code, 2);
  assert.match(late.stderr, /host process of one is gone[\s\S]*bottle recover one/);
  assert.deepEqual(world.seen, []);
  await run("prune");
  if (existsSync(folder)) await run("rm", "--discard", "one");
  assert.equal(existsSync(folder), false);
});

test("row 141: a project's file asks for nothing on its own; one that is trusted does", { skip }, async () => {
  using operator = newOperator();
  const file = join(operator.workspace, "bot-bottle.json");
  const bottles = { own: { egress: { default: "ask" } } };
  writeFileSync(file, JSON.stringify({ bottles, agents: { helper: { provider: "shell", bottle: "own" } } }));
  const words = ["why", "helper", "GET", "https://a.example.com/x", "--format", "json"];
  assert.notEqual((await operator.bottle(words)).code, 0);
  assert.equal((await operator.bottle(["trust", "--yes"])).code, 0);
  const trusted = await operator.bottle(words);
  assert.equal(JSON.parse(trusted.stdout).verdict, "ask", trusted.stderr);
  const plan = await operator.bottle(["plan", "helper"]);
  assert.match(plan.stdout, /asks you\n {2}about whatever no rule lists: held for 60 s, then denied/);
});
