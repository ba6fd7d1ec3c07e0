import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GiteaStandIn, openGitea } from "../../support/forge/gitea.ts";
import { type GitOrigin, openGitOrigin } from "../../support/git-origin.ts";
import { openSshOrigin, type SshOrigin } from "../../support/git-ssh-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git", "sshd");
const TOKEN = "gitea-token-that-may-add-keys-0002";
const env = { FORGE_TOKEN: TOKEN };

let operator: Operator;
let origin: GitOrigin;
let gitea: GiteaStandIn;
let sshd: SshOrigin;
let url: string;

before(async () => {
  operator = newOperator();
  const folder = join(operator.home, "upstream");
  mkdirSync(folder);
  gitea = await openGitea(TOKEN);
  origin = await openGitOrigin(folder);
  sshd = await openSshOrigin(join(operator.home, "sshd"));
  gitea.changed = () => letIn(sshd.authorized, gitea, origin.bare);
  url = `ssh://${userInfo().username}@localhost:${sshd.port}/o/r.git`;
  const credential = { deployKey: { token: { env: "FORGE_TOKEN" }, api: gitea.api, ca: origin.ca } };
  const app = { url, credential, hostKey: sshd.hostKey, branches: ["bot/{bottle}/*"] };
  const git = { name: "A", email: "a@a.test", repos: { app } };
  operator.writeManifest(JSON.stringify({ bottles: { default: { git } } }));
});
after(async () => {
  await operator.bottle(["prune", "--all"], { env });
  await Promise.all([sshd.close(), origin.close(), gitea.close()]);
  operator[Symbol.dispose]();
});

/** As Gitea does it: sshd lets in the keys that the forge has now, each for one command on the repository. */
function letIn(file: string, { keys }: GiteaStandIn, bare: string): void {
  const serve = `exec git shell -c "\${SSH_ORIGINAL_COMMAND%% *} '${bare}'"`;
  const lines = keys.map(({ key }) => `restrict,command="${serve.replaceAll('"', '\\"')}" ${key}\n`);
  writeFileSync(file, lines.join(""), { mode: 0o600 });
}

const tip = (branch: string) =>
  spawnSync("git", ["-c", "safe.directory=*", "-C", origin.bare, "log", "-1", "--format=%s", branch], {
    encoding: "utf8",
  }).stdout.trim();

test("the key that is made for a bottle opens a real sshd for it; after kill -9 recover makes another", {
  skip,
}, async () => {
  const push = (name: string) => `git checkout -q -B bot/one/${name}; echo ${name} >>new; git add new
    git commit -qm ${name}; git push -q origin HEAD`;
  const script = `exec 2>&1; set -e; cd "$HOME"; if [ -d r ]; then cd r; ${push("second")}; echo again; else
    git clone -q ${url} r; cd r; ${push("first")}; fi; echo waits; sleep 60`;
  const child = operator.spawn(["start", "shell", "--name", "one", "-p", script], env);
  let said = "";
  child.stdout?.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  await eventually("the push", () => said.includes("waits") || child.exitCode !== null);
  assert.equal(tip("bot/one/first"), "first", said);
  const [first] = gitea.keys;
  child.kill("SIGKILL");
  await eventually("its end", () => child.signalCode !== null);
  const recovered = await operator.bottle(["recover", "one"], { env });
  assert.equal(recovered.code, 0, recovered.stderr);
  await eventually("the second push", () => tip("bot/one/second") === "second");
  assert.equal(gitea.keys.length, 1);
  assert.notEqual(gitea.keys[0]?.key, first?.key);
  assert.equal((await operator.bottle(["stop", "one", "--grace", "1"], { env })).code, 0);
  assert.deepEqual(gitea.keys, []);
});
