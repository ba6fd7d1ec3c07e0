import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { end, HOST, openWorld, url } from "../../support/asking-bottle.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { onTerminal } from "../../support/operator-terminal.ts";

const skip = skipWithout("bubblewrap", "perl", "curl");
const NEW = "http://new.example.com";

interface Shown {
  readonly id: string;
  readonly kind: string;
  readonly review: string;
  readonly target: string;
  readonly title: string;
  readonly flags: readonly { readonly code: string; readonly stops: boolean }[];
  readonly adds: readonly string[];
}

test("rows 132, 144: a yes is bound to what was shown; what changed meanwhile is refused and shown again", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const posted = curl("-d", "x", `${NEW}/up`);
  const [open] = await waiting(1);
  const id = open?.id ?? "";
  const shown = async () =>
    (JSON.parse((await run("approvals", "--format", "json")).stdout) as readonly Shown[]).find((it) => it.id === id);
  const before = await shown();
  assert.deepEqual(
    before?.flags.map(({ code, stops }) => [code, stops]),
    [
      ["new-host-write", true],
      ["plain-http", false],
    ],
  );
  assert.deepEqual(before?.adds, ["+ POST http://new.example.com:80/up  (any query, any body, this bottle)"]);
  const text = (await run("approvals")).stdout;
  assert.match(text, /! new-host-write: sends data to new\.example\.com, which no rule lists/);
  assert.ok(text.includes(`review ${before?.review}`));

  const blind = await operator.bottle(["allow", id, "--bottle"]);
  assert.equal(blind.code, 2);
  assert.match(blind.stderr, /sends data to new\.example\.com[\s\S]*--accept new-host-write/);
  const other = await operator.bottle(["allow", id, "--accept", "wildcard"]);
  assert.equal(other.code, 2, "another flag was accepted");
  assert.equal((await operator.bottle(["allow", id, "--accept", "no-such-flag"])).code, 2);

  // Another yes makes the host one that is known: what was looked at is not what is answered now.
  const got = curl(`${NEW}/read`);
  const read = (await waiting(2)).find(({ target }) => target === "/read");
  await run("allow", read?.id ?? "", "--bottle");
  await got;
  const late = await operator.bottle(["allow", id, "--review", before?.review ?? "", "--accept", "new-host-write"]);
  assert.equal(late.code, 2);
  assert.match(late.stderr, /changed meanwhile; this is it now:/);
  assert.match(late.stderr, /\[APPROVAL_CHANGED\]/);
  const after = await shown();
  assert.notEqual(after?.review, before?.review);
  assert.ok(late.stderr.includes(`review ${after?.review}`));
  assert.equal((await waiting(1))[0]?.id, id, "it waits on");
  await run("allow", id, "--review", after?.review ?? "", "--as", "dashboard");
  await posted;
  const second = await operator.bottle(["deny", id]);
  assert.match(second.stderr, /was allowed \(once\) by \S+ \(dashboard\) at \d{4}-.*\[APPROVAL_SETTLED\]/);
  const log = (await run("audit", "one", "--format", "json")).stdout.trim().split("\n");
  const answer = log.map((line) => JSON.parse(line).event).find((event) => event.type === "answer" && event.id === id);
  assert.match(answer.by, / \(dashboard\)$/);
  await end(world);
});

test("row 132: on a terminal a flag asks for the last label of the host, and nothing else will do", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting } = world;
  const posted = curl("-d", "x", `${NEW}/up`);
  const [open] = await waiting(1);
  const words = { argv: [...operator.words, "allow", open?.id ?? ""], env: operator.env };
  const wrong = await onTerminal(words, [["Type com", "y\r"]]);
  assert.equal(wrong.code, 2, wrong.shown);
  assert.match(wrong.shown, /still waits/);
  const right = await onTerminal(words, [["Type com", "com\r"]]);
  assert.equal(right.code, 0, right.shown);
  await posted;
  await end(world);
});

test("a rule is changed in an editor: checked, shown, and kept until it was used", { skip }, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const got = curl(url("/files/a"));
  const [open] = await waiting(1);
  const id = open?.id ?? "";
  const file = join(operator.home, ".local/state/bot-bottle/edits", `${id}.jsonc`);
  const script = join(operator.home, "editor.sh");
  const edit = (lines: string, ...args: readonly string[]) => {
    writeFileSync(script, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
    return operator.bottle(["edit", id, ...args], { env: { EDITOR: script, VISUAL: "" } });
  };
  const failed = await edit("echo '// mine' >> $1; exit 3", "--yes");
  assert.equal(failed.code, 2);
  assert.match(failed.stderr, /editor ended with exit 3[\s\S]*is kept in .*edits/);
  assert.match(readFileSync(file, "utf8"), /\/\/ mine$/m, "nothing is lost");
  const killed = await edit("kill -9 $$", "--yes");
  assert.match(killed.stderr, /editor ended with exit 137/);
  const wrong = await edit(`sed -i 's/"port": 80/"port": "many"/' $1`, "--yes");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /edits\/.*\.jsonc:\d+:\d+: .*port/);
  const broken = await edit(`sed -i 's/"port": "many",/{{/' $1`, "--yes");
  assert.match(broken.stderr, /\.jsonc:\d+:\d+: .*not JSON/);
  assert.match(readFileSync(file, "utf8"), /\/\/ mine$/m);
  assert.equal((await waiting(1))[0]?.id, id, "it waits on");
  const mend = `sed -i 's/{{/"port": 80,/; s#"/files/a"#"/files/*"#; s/"1h"/"30m"/' $1`;
  const asked = await edit(mend);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /- GET http:\/\/stand\.example\.com:80\/files\/a\n.*\+ GET .*\/files\/\*/);
  assert.match(asked.stderr, /nobody can be asked/);
  const wide = await edit("true", "--yes");
  assert.match(wide.stderr, /! wildcard: any path that fits \/files\/\*[\s\S]*--accept wildcard/, "flags again");
  const done = await edit("true", "--yes", "--accept", "wildcard");
  assert.equal(done.code, 0, done.stderr);
  assert.equal((await got).status, 200);
  assert.equal(existsSync(file), false);
  for (const path of ["/files/b", "/files/b/c?x"]) assert.equal((await curl(url(path))).status, 200, path);
  const grants = (await run("grants")).stdout;
  assert.match(grants, /200 at \d\d:\d\d, 3 times +GET http:\/\/stand\.example\.com:80\/files\/\*, any path that fits/);
  // What a lax server could read as another path is no path of the pattern (attack row 63).
  for (const path of ["/files/../etc", "/files/%2e%2e/etc", "/files//x", "/files/a%2f..%2fb"]) {
    assert.notEqual((await curl("--path-as-is", "-m", "3", url(path))).status, 200, path);
  }
  await end(world);
});

test("an edited rule that does not hold the request lets it wait on; another host is looked at anew", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const got = curl(url("/a"));
  const [open] = await waiting(1);
  const id = open?.id ?? "";
  const edit = (command: string, ...args: readonly string[]) =>
    operator.bottle(["edit", id, "--yes", ...args], { env: { VISUAL: `sed -i '${command}'` } });
  const alike = await edit(`s/${HOST}/stand.examp1e.com/`);
  assert.equal(alike.code, 2);
  assert.match(alike.stderr, /look-alike: stand\.examp1e\.com looks like stand\.example\.com/);
  const star = await edit("s/stand.examp1e.com/*.example.com/");
  assert.match(star.stderr, /a wildcard belongs into your manifest/);
  const inner = await edit('s/"[*].example.com"/"10.0.0.1"/');
  assert.match(inner.stderr, /never for an address/);
  const other = await edit(`s/10.0.0.1/${HOST}/; s#"/a"#"/b"#`);
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stdout, /not covered by it, and waits on/);
  assert.equal((await waiting(1))[0]?.id, id);
  assert.equal((await curl(url("/b"))).status, 200);
  const empty = await operator.bottle(["edit", id], { env: { VISUAL: "truncate -s 0" } });
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /nothing was answered/);
  await run("deny", id);
  await got;
  await end(world);
});

test("an edited rule for good is shown as a change of the manifest, and holds in it as it was written", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting } = world;
  const got = curl(url("/docs/a"));
  const [open] = await waiting(1);
  const words = ["edit", open?.id ?? "", "--accept", "wildcard"];
  const env = { VISUAL: `sed -i 's#"/docs/a"#"/docs/*"#; s/"for"/"persist"/'` };
  const before = readFileSync(world.manifest, "utf8");
  assert.equal((await operator.bottle(words, { env })).code, 2, "nobody was asked");
  assert.equal(readFileSync(world.manifest, "utf8"), before);
  const kept = await operator.bottle([...words, "--yes"], { env: { VISUAL: "true" } });
  assert.equal(kept.code, 0, kept.stderr);
  assert.match(kept.stderr, /^\+.*"paths": \["\/docs\/\*"\]/m);
  assert.equal((await got).status, 200);
  assert.match(readFileSync(world.manifest, "utf8"), /"methods": \["GET"\], "paths": \["\/docs\/\*"\]/);
  const why = await operator.bottle(["why", "shell", "GET", url("/docs/b"), "--format", "json"]);
  assert.equal(JSON.parse(why.stdout).verdict, "allow");
  await end(world);
});

test("row 148: undo cuts a download that only a grant allowed, forgets a no, and says what has left", {
  skip,
}, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const download = operator.spawn(["exec", "one", "--", "curl", "-sSN", url("/endless")]);
  download.stdin?.end();
  let got = "";
  download.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    got += piece;
  });
  download.stderr?.resume();
  const over = new Promise<number | null>((resolve) => download.once("close", resolve));
  const [open] = await waiting(1);
  await run("allow", open?.id ?? "", "--bottle");
  await eventually("the download runs", () => got.includes("begun"));
  const undone = await run("undo");
  assert.match(undone.stdout, /undone: grant g-.* is revoked/);
  assert.match(undone.stdout, /not undone: 1 request has left by it/);
  assert.notEqual(await over, 0, "it was cut");
  assert.deepEqual(JSON.parse((await run("grants", "--format", "json")).stdout)[0].grants, []);
  assert.equal((await operator.bottle(["undo", open?.id ?? ""])).code, 2, "once is enough");

  const refused = curl(url("/no"));
  const [second] = await waiting(1);
  await run("deny", second?.id ?? "");
  await refused;
  assert.match((await curl(url("/no"))).text, /ask-denied/, "it is remembered");
  assert.match((await run("undo")).stdout, /undone: the same request may be asked about again/);
  const again = curl(url("/no"));
  const [third] = await waiting(1);
  await run("allow", third?.id ?? "");
  assert.equal((await again).status, 200);
  const past = await operator.bottle(["undo", third?.id ?? ""]);
  assert.equal(past.code, 1);
  assert.match(past.stdout, /not undone: the request has left/);
  await end(world);
});

test("what happened stays in the inbox until it was dismissed, with notices off too", { skip }, async () => {
  using operator = newOperator();
  const inbox = async () => {
    const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
    return JSON.parse(stdout) as readonly (Shown & { readonly bottle: string; readonly command: string })[];
  };
  const start = (name: string, script: string) =>
    operator.bottle(["start", "shell", "--without-cgroup", "--no-notify", "--name", name, "-p", script]);
  assert.equal((await start("good", "true")).code, 0);
  assert.equal((await start("bad", "exit 3")).code, 3);
  await start("gone", "kill -9 $$");
  assert.deepEqual(
    (await inbox()).map(({ bottle, kind, title }) => [bottle, kind, title]),
    [
      ["bad", "failed", "bad finished with exit 3"],
      ["gone", "crashed", "gone crashed: killed by signal 9"],
    ],
  );
  const text = (await operator.bottle(["approvals"])).stdout;
  assert.match(text, /happened, not seen \(2\)/);
  const [bad] = await inbox();
  const wait = await operator.bottle(["allow", bad?.id ?? ""]);
  assert.equal(wait.code, 2);
  assert.match(wait.stderr, /waits for no answer/);
  assert.equal((await operator.bottle(["dismiss", bad?.id ?? ""])).code, 0);
  assert.equal((await operator.bottle(["dismiss", bad?.id ?? ""])).code, 2, "it is gone");
  assert.equal((await operator.bottle(["dismiss", "gone"])).code, 0);
  await operator.bottle(["resume", "gone", "-p", "kill -9 $$"]);
  assert.match((await operator.bottle(["approvals", "--seen"])).stderr, /1 incident dismissed/);
  assert.deepEqual(await inbox(), []);
  // Brought back, it was seen.
  await operator.bottle(["resume", "bad", "-p", "exit 4"]);
  assert.equal((await inbox()).length, 1);
  await operator.bottle(["resume", "bad", "-p", "true"]);
  assert.deepEqual(await inbox(), []);
  for (const name of ["good", "bad", "gone"]) await operator.bottle(["rm", "--discard", name]);
});

test("approvals --watch tells each item as it comes; on a terminal in one place, with a bell", { skip }, async (t) => {
  using world = await openWorld(t);
  const { operator, curl, waiting, run } = world;
  const watcher = operator.spawn(["approvals", "--watch", "--format", "json"]);
  let told = "";
  watcher.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    told += piece;
  });
  let rung = false;
  const words = { argv: [...operator.words, "approvals", "--watch"], env: operator.env };
  const terminal = onTerminal(words, [], { after: "\u0007", by: "kill" }).finally(() => {
    rung = true;
  });
  // What waits when the screen is first painted is not new: only what comes after it rings.
  for (let count = 1; !rung && count <= 60; count += 1) {
    const got = curl(url(`/watched/${count}`));
    const [one] = await waiting(1);
    await eventually("the watcher tells it", () => told.includes(one?.id ?? "?"));
    const line = told.split("\n").find((text) => text.includes(one?.id ?? "?"));
    assert.equal(JSON.parse(line ?? "").review, one?.review);
    await run("deny", one?.id ?? "");
    await got;
  }
  const { shown } = await terminal;
  assert.match(shown, /\[H[\s\S]*\/watched\/\d+[\s\S]*\u0007/);
  watcher.kill();
  await end(world);
});
