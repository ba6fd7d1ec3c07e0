import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeSshKey } from "../../support/git-ssh-origin.ts";
import { type GateWorld, gateWorlds } from "../../support/gitgate/world.ts";
import { skipWithout } from "../../support/needs.ts";

const skip = skipWithout("git", "sshd");
const open = gateWorlds();

async function commit(world: GateWorld, clone: string): Promise<string> {
  writeFileSync(join(clone, `file-${Math.random()}`), "x\n");
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", "work");
  return world.sure(clone, "rev-parse", "HEAD");
}

test("a repository behind a real sshd is cloned, pushed to and fetched", { skip }, async () => {
  const world = await open({ ssh: {} });
  const clone = await world.clone();
  assert.equal(readFileSync(join(clone, "README"), "utf8"), "from upstream\n");
  const tip = await commit(world, clone);
  await world.sure(clone, "push", "-q", "origin", "HEAD:bot/b/x");
  assert.equal(world.upstream("rev-parse", "bot/b/x"), tip);
  await world.sure(clone, "push", "-q", "--atomic", "origin", "HEAD:bot/b/y", "HEAD:bot/b/z");
  assert.equal(world.upstream("rev-parse", "bot/b/y", "bot/b/z"), `${tip}\n${tip}`);
  world.upstream("branch", "-f", "main", "bot/b/x");
  await world.sure(clone, "fetch", "-q");
  assert.equal(await world.sure(clone, "rev-parse", "origin/main"), tip);

  await commit(world, clone);
  const asked = world.sshd.seen();
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:main");
  assert.equal(code, 1);
  assert.match(said, /push refused \(ref-refused\)/);
  assert.equal(world.sshd.seen() - asked, 1, "one question, and no push");
  assert.deepEqual(world.alerts, []);
  assert.deepEqual(world.origin.seen, []);
});

for (const keyType of ["rsa", "ecdsa"]) {
  test(`keys of kind ${keyType} are taken too`, { skip }, async () => {
    const world = await open({ ssh: { keyType } });
    assert.match(await world.sure(world.folder, "ls-remote", world.url), /refs\/heads\/main/);
  });
}

test("a server that shows another host key than the pinned one gets no key and no question", { skip }, async () => {
  const world = await open({ ssh: {} });
  const clone = await world.clone();
  const letIn = () => world.sshd.log().match(/Accepted publickey/g)?.length;
  const before = letIn();
  world.sshd.become("other");
  const read = await world.git(clone, "fetch");
  assert.notEqual(read.code, 0);
  assert.match(read.said, /could not be asked, and nothing stale is shown: it does not show the key that `hostKey`/);
  assert.equal(letIn(), before);
  world.sshd.become("host");
  await world.sure(clone, "fetch", "-q");
});

test("a server that does not take the key, one that is gone and one that hangs: each is said, within the deadline", {
  skip,
}, async () => {
  const stranger = await open({
    ssh: {
      key: async ({ key }) => {
        await makeSshKey(`${key}-other`);
        return `${key}-other`;
      },
    },
  });
  const denied = await stranger.git(stranger.folder, "ls-remote", stranger.url);
  assert.match(denied.said, /nothing stale is shown: \S+@localhost: Permission denied \(publickey\)/);

  const world = await open({ ssh: {}, repository: { limits: { seconds: 1 } } });
  world.sshd.become("hang");
  // It would hang for ever.
  const hung = await world.git(world.folder, "ls-remote", world.url);
  assert.match(hung.said, /nothing stale is shown: (?:Connection timed out|git ls-remote took too long)/);
  await world.sshd.close();
  const gone = await world.git(world.folder, "ls-remote", world.url);
  assert.match(gone.said, /nothing stale is shown: ssh: connect to host localhost port \d+: Connection refused/);
  assert.deepEqual(world.alerts, []);
});

test("the private key is in no file of the gate, in no argument and no environment of its programs", {
  skip,
}, async () => {
  const world = await open({ ssh: {} });
  const key = readFileSync(world.sshd.key, "utf8");
  const line = key.split("\n")[2] ?? "";
  assert.ok(line.length > 60);
  const spy = join(world.folder, "spy");
  // Runs on the server, while the gate's git and ssh wait for it: all that this user's processes show.
  writeFileSync(
    join(world.origin.bare, "hooks", "pre-receive"),
    `#!/bin/sh\ncat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' >${spy}\nls /dev/shm >>${spy}\n`,
    { mode: 0o755 },
  );
  const clone = await world.clone();
  const before = readdirSync("/dev/shm");
  await commit(world, clone);
  await world.sure(clone, "push", "-q", "origin", "HEAD:bot/b/x");
  const seen = readFileSync(spy, "utf8");
  assert.match(seen, /GIT_SSH_COMMAND=\S*ssh -F \/dev\/null -i \/proc\/\d+\/fd\/\d+ /);
  assert.ok(!seen.includes(line));
  assert.deepEqual(
    readdirSync("/dev/shm").filter((name) => !before.includes(name)),
    [],
  );
  for (const entry of readdirSync(world.mirrors, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) assert.ok(!readFileSync(join(entry.parentPath, entry.name), "latin1").includes(line));
  }
  assert.ok(!JSON.stringify(world.events).includes(line));
});

test("row 116: a push that holds the gate's own private key is refused", { skip }, async () => {
  const world = await open({ ssh: {} });
  const clone = await world.clone();
  // Without the lines by which anybody would know it.
  const body = readFileSync(world.sshd.key, "utf8").trim();
  writeFileSync(join(clone, "notes"), Buffer.from(body).toString("hex"));
  await world.sure(clone, "add", "-A");
  await world.sure(clone, "commit", "-q", "-m", "notes");
  const { code, said } = await world.git(clone, "push", "origin", "HEAD:bot/b/x");
  assert.equal(code, 1, said);
  assert.match(said, /push refused \(secret-found\)/);
  assert.match(said, /notes:1/);
});
