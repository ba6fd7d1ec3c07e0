import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { type GiteaStandIn, openGitea } from "../../support/forge/gitea.ts";
import { type GithubStandIn, openGithub } from "../../support/forge/github.ts";
import { type GitOrigin, openGitOrigin } from "../../support/git-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git");
const TOKEN = "gitea-token-that-may-add-keys-0001";
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPZQ9iu0NQjzOd8o6VxKjmyUdVJnVZzJXyG8pyxL3Q5J";

let operator: Operator;
let origin: GitOrigin;
let gitea: GiteaStandIn;
let github: GithubStandIn;

before(async () => {
  operator = newOperator();
  const folder = join(operator.home, "upstream");
  mkdirSync(folder);
  gitea = await openGitea(TOKEN);
  github = await openGithub();
  // As GitHub's own git server: whoever has a token that counts.
  origin = await openGitOrigin(folder, (sent) => {
    const [, word = ""] = /^Basic (.+)$/.exec(sent) ?? [];
    const [, token = ""] = /^x-access-token:(.+)$/.exec(Buffer.from(word, "base64").toString()) ?? [];
    return github.tokens.get(token)?.contents === "write";
  });
  const key = join(operator.home, "app.pem");
  writeFileSync(key, github.pem, { mode: 0o600 });
  const app = {
    url: `https://localhost:${origin.port}/o/r.git`,
    credential: {
      githubApp: { app: github.app, installation: github.installation, key: { file: key }, api: github.api },
    },
    ca: origin.ca,
    branches: ["bot/{bottle}/*"],
  };
  const keyed = {
    url: "ssh://git@localhost:2222/o/r.git",
    credential: { deployKey: { token: { env: "FORGE_TOKEN" }, api: gitea.api, ca: origin.ca } },
    hostKey: HOST_KEY,
    branches: ["bot/{bottle}/*"],
  };
  const bottle = (repos: object) => ({ git: { name: "A", email: "a@a.test", repos } });
  operator.writeManifest(
    JSON.stringify({
      bottles: { default: bottle({ app }), keyed: bottle({ keyed }) },
      agents: { keyed: { provider: "shell", bottle: "keyed" } },
    }),
  );
});
afterEach(() => {
  gitea.mishap = () => null;
});
after(async () => {
  await operator.bottle(["prune", "--all"], { env: { FORGE_TOKEN: TOKEN } });
  await Promise.all([origin.close(), gitea.close(), github.close()]);
  operator[Symbol.dispose]();
});

const env = { FORGE_TOKEN: TOKEN };
const keyed = (name: string, script = "true") =>
  operator.bottle(["start", "keyed", "--name", name, "-p", script], { env });
const titles = () => gitea.keys.map(({ title }) => title.replace(/ [0-9a-f]{12}$/, ""));
/** Files of ours in which this stands; what an agent wrote is not ours. */
function kept(text: string): string {
  const state = join(operator.home, ".local/state/bot-bottle");
  return spawnSync("grep", ["-rlaF", "-e", text, state, join(operator.home, "run")], { encoding: "utf8" }).stdout;
}

test("a push lands with a token that the forge made for this bottle, and that nobody has afterwards", {
  skip,
}, async () => {
  const script = `exec 2>&1; set -e; cd "$HOME"; git clone -q https://localhost:${origin.port}/o/r.git r; cd r
    git checkout -qb bot/one/fix; echo more >new; git add new; git commit -qm more; git push -q origin HEAD
    env | grep -c 'ghs[_]' || true; echo waits; sleep 60`;
  const child = operator.spawn(["start", "shell", "--name", "one", "-p", script]);
  let said = "";
  child.stdout?.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  await eventually("the push", () => said.includes("waits"));
  const [token = ""] = github.tokens.keys();
  assert.deepEqual(github.tokens.get(token)?.repositories, ["r"]);
  assert.match(said, /^0$/m);
  assert.equal(kept(token), "", "the token lies on no disk");
  await operator.bottle(["stop", "one"]);
  await eventually("its end", () => child.exitCode !== null || child.signalCode !== null);
  assert.equal(github.tokens.size, 0);
  const log = spawnSync("git", ["-C", origin.bare, "log", "-1", "--format=%s", "bot/one/fix"], { encoding: "utf8" });
  assert.equal(log.stdout.trim(), "more");
});

test("a deploy key is there while the bottle runs and gone after it; its private half lies on no disk", {
  skip,
}, async () => {
  const child = operator.spawn(["start", "keyed", "--name", "key", "-p", "echo waits; sleep 60"], env);
  let said = "";
  child.stdout?.on("data", (piece: Buffer) => {
    said += piece.toString();
  });
  await eventually("the agent", () => said.includes("waits"));
  assert.deepEqual(titles(), ["bot-bottle key"]);
  assert.equal(gitea.keys[0]?.read_only, false);
  assert.equal(kept("OPENSSH PRIVATE KEY"), "");
  assert.equal(kept(TOKEN), "");
  await operator.bottle(["stop", "key"]);
  await eventually("its end", () => child.exitCode !== null || child.signalCode !== null);
  assert.deepEqual(titles(), []);
});

test("a plan shows where what is minted comes from, and asks no forge", { skip }, async () => {
  const before = gitea.seen.length;
  const plan = await operator.bottle(["start", "keyed", "-p", "true", "--dry-run", "--format", "text"], { env });
  assert.match(
    plan.stdout,
    /with a deploy key that https:\/\/localhost:\d+\/api\/v1 is given for this bottle, with the variable FORGE_TOKEN/,
  );
  assert.equal(gitea.seen.length, before);
});

test("a forge that refuses the key stops the start; one that made it and said otherwise has it no more", {
  skip,
}, async () => {
  gitea.mishap = (method) => (method === "POST" ? "after" : null);
  const half = await keyed("half");
  assert.equal(half.code, 4);
  assert.match(half.stderr, /a deploy key for o\/r: answered 500: after \[FORGE_FAILED\]/);
  assert.deepEqual(titles(), []);
  gitea.mishap = (method) => (method === "POST" ? "echo" : "before");
  const refused = await keyed("refused");
  assert.match(refused.stderr, /answered 403: you sent \[secret\]/);
  assert.doesNotMatch(refused.stderr, /could not be undone/, "nothing was made");
});

test("a key that cannot be taken back is said, keeps its bottle, is named by doctor, and goes with a later prune", {
  skip,
}, async () => {
  gitea.mishap = (method) => (method === "DELETE" ? "before" : null);
  const run = await keyed("stays", "exit 7");
  assert.equal(run.code, 7);
  assert.match(run.stderr, /not everything could be undone: deploy key of o\/r: .*answered 500/);
  assert.deepEqual(titles(), ["bot-bottle stays"]);
  const doctor = await operator.bottle(["doctor"], { env });
  assert.match(doctor.stdout, /forge credential of stays: deploy key "bot-bottle stays [0-9a-f]{12}" of o\/r/);
  const removal = await operator.bottle(["rm", "stays"], { env });
  assert.equal(removal.code, 5);
  assert.match(removal.stderr, /a forge still has a credential of stays/);
  const early = await operator.bottle(["prune"], { env });
  assert.equal(early.code, 4);
  gitea.mishap = () => null;
  const unset = await operator.bottle(["prune"]);
  assert.match(unset.stderr, /FORGE_TOKEN is not set/);
  assert.deepEqual(titles(), ["bot-bottle stays"]);
  const prune = await operator.bottle(["prune"], { env });
  assert.match(prune.stdout, /stays +forge credential/);
  assert.deepEqual(titles(), []);
  const clean = await operator.bottle(["prune"], { env });
  assert.doesNotMatch(clean.stdout, /forge credential/);
});

test("kill -9 of the host process: recover takes the key back and makes a new one; prune takes back what is left", {
  skip,
}, async () => {
  const start = async (args: readonly string[]) => {
    const child = operator.spawn(args, env);
    let said = "";
    child.stdout?.on("data", (piece: Buffer) => {
      said += piece.toString();
    });
    await eventually("the agent", () => said.includes("waits"));
    return child;
  };
  const first = await start(["start", "keyed", "--name", "killed", "-p", "echo waits; sleep 60"]);
  const [before] = gitea.keys;
  first.kill("SIGKILL");
  await eventually("its end", () => first.signalCode !== null);
  assert.deepEqual(titles(), ["bot-bottle killed"]);
  const prune = await operator.bottle(["prune"], { env });
  assert.equal(prune.code, 0, prune.stderr);
  assert.match(prune.stdout, /killed +forge credential/);
  assert.deepEqual(titles(), []);
  const again = await operator.bottle(["resume", "killed", "-p", "true"], { env });
  assert.equal(again.code, 0, again.stderr);
  const made = gitea.seen.filter((line) => line.startsWith("POST")).length;
  assert.ok(made >= 2);
  assert.notEqual(before, undefined);
  assert.deepEqual(titles(), []);
  const journal = readFileSync(join(operator.home, ".local/state/bot-bottle/bottles/killed/journal.jsonl"), "utf8");
  assert.doesNotMatch(journal, /PRIVATE KEY|gitea-token/);
});
