import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GitOrigin, openGitOrigin } from "../../support/git-origin.ts";
import { makeSshKey, openSshOrigin, type SshOrigin } from "../../support/git-ssh-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git", "sshd");

let operator: Operator;
let origin: GitOrigin;
let sshd: SshOrigin;

before(async () => {
  operator = newOperator();
  const folder = join(operator.home, "upstream");
  mkdirSync(folder);
  origin = await openGitOrigin(folder);
  sshd = await openSshOrigin(join(operator.home, "sshd"));
});
after(async () => {
  await sshd.close();
  await origin.close();
  await operator.bottle(["prune", "--all"]);
  operator[Symbol.dispose]();
});

function declare(how: object): string {
  const url = `ssh://${userInfo().username}@localhost:${sshd.port}${origin.bare}`;
  const app = { url, hostKey: sshd.hostKey, branches: ["bot/{bottle}/*"], ...how };
  const git = { name: "A", email: "a@a.test", repos: { app } };
  operator.writeManifest(JSON.stringify({ bottles: { default: { git } } }));
  return url;
}

test("a bottle pushes to a server behind ssh, with a key that a program prints and that is nowhere in the bottle", {
  skip,
}, async () => {
  const url = declare({ credential: { source: { command: ["/bin/cat", sshd.key] } } });
  const plan = await operator.bottle(["start", "shell", "--dry-run"]);
  assert.match(plan.stdout, /with the key in what \/bin\/cat prints/);
  const line = readFileSync(sshd.key, "utf8").split("\n")[2] ?? "";
  // Not in one piece, or the script itself would be found.
  const halves = `${line.slice(0, 20)}''${line.slice(20, 40)}`;
  const script = `exec 2>&1; set -e; cd "$HOME"; git clone -q ${url.replace(/\.git$/, "")} r; cd r; git checkout -qb bot/one/x
    echo more >new; git add new; git commit -qm more; git push -q origin HEAD; git log -1 --format='%an <%ae>'
    grep -rIlF "$(printf %s ${halves})" /proc/self/environ "$HOME" /tmp /run 2>/dev/null || echo nowhere`;
  const run = await operator.bottle(["start", "shell", "--name", "one", "-p", script]);
  assert.equal(run.code, 0, run.stdout + run.stderr);
  assert.match(run.stdout, /^A <a@a\.test>\nnowhere\n$/);
  const subject = spawnSync("git", [
    "-c",
    "safe.directory=*",
    "-C",
    origin.bare,
    "log",
    "-1",
    "--format=%s",
    "bot/one/x",
  ]);
  assert.equal(String(subject.stdout), "more\n");
});

test("a key that asks for a passphrase, and one that is missing, stop the start and say so", { skip }, async () => {
  const locked = join(operator.home, "locked");
  await makeSshKey(locked, "ed25519", "a passphrase");
  declare({ key: locked });
  const run = await operator.bottle(["start", "shell", "--name", "two", "-p", "true", "--rm"]);
  assert.equal(run.code, 3, run.stderr);
  assert.match(run.stderr, /credential git app: the file \S+locked asks for a passphrase, .*\[SECRET_UNRESOLVED\]/);
  declare({ key: `${locked}.none` });
  const gone = await operator.bottle(["start", "shell", "--name", "three", "-p", "true", "--rm"]);
  assert.match(gone.stderr, /the file \S+locked\.none is missing \[SECRET_UNRESOLVED\]/);
});
