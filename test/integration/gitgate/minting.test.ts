import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { AppTokenMint, DeployKeyMint } from "../../../src/core/model/git-gate.ts";
import { Secret } from "../../../src/core/model/secret.ts";
import { isRefusal, mintAppTokens, mintDeployKey, revokeDeployKey } from "../../../src/gitgate/minting.ts";
import { type GiteaStandIn, openGitea } from "../../support/forge/gitea.ts";
import { type GithubStandIn, openGithub } from "../../support/forge/github.ts";
import { originCa } from "../../support/gateway/origin.ts";

const TOKEN = "gitea-token-that-may-add-keys-0001";
const token = new Secret("git app forge token", TOKEN);
const folder = mkdtempSync(join(tmpdir(), "minting-"));
const caFile = join(folder, "ca.pem");
writeFileSync(caFile, originCa.caPem);

let gitea: GiteaStandIn;
let github: GithubStandIn;
before(async () => {
  gitea = await openGitea(TOKEN);
  github = await openGithub();
});
beforeEach(() => {
  gitea.mishap = () => null;
  github.tokens.clear();
  github.fails = null;
  github.lifeMs = 3_600_000;
  github.bend = (answer) => answer;
});
after(async () => {
  await gitea.close();
  await github.close();
  rmSync(folder, { recursive: true });
});

function keyMint(more: Partial<DeployKeyMint> = {}): DeployKeyMint {
  const place = { api: gitea.api, owner: "o", repository: "r", caFile };
  return { kind: "gitea-deploy-key", write: true, secret: token.name, ...place, ...more };
}

function appMint(more: Partial<AppTokenMint> = {}): AppTokenMint {
  const { app, installation, api } = github;
  const place = { api, owner: "o", repository: "r", caFile };
  return { kind: "github-app-token", write: true, secret: "git app app key", app, installation, ...place, ...more };
}

const add = (title: string, mint = keyMint(), with_ = token, timeoutMs = 5000) =>
  mintDeployKey({ mint, token: with_, timeoutMs }, "git app", title);
const tokens = (mint = appMint(), pem = github.pem, now?: () => number) =>
  mintAppTokens({
    mint,
    key: () => new Secret(mint.secret, pem),
    name: "git app",
    ...(now === undefined ? {} : { now }),
  });
const titles = () => gitea.keys.map(({ title }) => title);

test("a deploy key is made for one repository, may what was asked for, and goes again; those of others stay", async () => {
  gitea.add("of a colleague");
  const key = await add("bot-bottle one 1");
  await add("bot-bottle two 2", keyMint({ write: false }));
  assert.deepEqual(
    gitea.keys.map((one) => [one.title, one.read_only]),
    [
      ["of a colleague", true],
      ["bot-bottle one 1", false],
      ["bot-bottle two 2", true],
    ],
  );
  assert.match((await key.read()).reveal(), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
  await revokeDeployKey(keyMint(), token, "bot-bottle one 1");
  assert.deepEqual(titles(), ["of a colleague", "bot-bottle two 2"]);
  await revokeDeployKey(keyMint(), token, "bot-bottle one 1");
  await revokeDeployKey(keyMint(), token, "bot-bottle two 2");
});

test("a key is found by its title behind more keys than one page shows", async () => {
  const many = Array.from({ length: 120 }, (_, at) => `other ${at}`);
  for (const title of many) gitea.add(title);
  await add("bot-bottle deep 1");
  await revokeDeployKey(keyMint(), token, "bot-bottle deep 1");
  assert.equal(titles().includes("bot-bottle deep 1"), false);
  assert.equal(titles().filter((title) => title.startsWith("other")).length, 120);
});

test("a key that the forge made and answered 500 for is found by its title and goes", async () => {
  gitea.mishap = (method) => (method === "POST" ? "after" : null);
  const error = await add("bot-bottle half 1").catch((it: unknown) => it);
  assert.match(String(error), /answered 500: after/);
  assert.equal(isRefusal(error), false, "nobody knows whether it was made");
  assert.ok(titles().includes("bot-bottle half 1"));
  await revokeDeployKey(keyMint(), token, "bot-bottle half 1");
  assert.equal(titles().includes("bot-bottle half 1"), false);
});

test("a revoke is tried twice, and is done where the key went although the answer said otherwise", async () => {
  await add("bot-bottle again 1");
  let left = 1;
  gitea.mishap = (method) => (method === "DELETE" && left-- > 0 ? "after" : null);
  await revokeDeployKey(keyMint(), token, "bot-bottle again 1");
  assert.equal(titles().includes("bot-bottle again 1"), false);
  await add("bot-bottle again 2");
  gitea.mishap = (method) => (method === "DELETE" ? "before" : null);
  await assert.rejects(revokeDeployKey(keyMint(), token, "bot-bottle again 2"), /FORGE_FAILED|answered 500/);
  assert.ok(titles().includes("bot-bottle again 2"));
});

test("what a forge does wrong is an error in time, and never says the token", async () => {
  const cases: readonly (readonly [Parameters<typeof add>, GiteaStandIn["mishap"], RegExp])[] = [
    [["w1", keyMint(), new Secret("t", "another-token-0000")], () => null, /answered 401: token is required/],
    [["w2", keyMint({ repository: "gone" })], () => null, /answered 404/],
    [["w3"], () => "redirect", /redirected \(307\)/],
    [["w4"], () => "huge", /larger than/],
    [["w5", keyMint(), token, 300], () => "hang", /did not answer within 0.3 s/],
    [["w6"], () => "echo", /answered 403: you sent \[secret\]/],
    [["w7", keyMint({ caFile: null })], () => null, /SELF_SIGNED|UNABLE_TO|SIGNATURE/],
    [["w8", keyMint({ api: gitea.api.replace(/:\d+/, ":1") })], () => null, /ECONNREFUSED/],
    [["w9", keyMint({ caFile: join(folder, "none.pem") })], () => null, /ENOENT/],
  ];
  for (const [args, mishap, said] of cases) {
    gitea.mishap = mishap;
    const error = await add(...args).catch((it: unknown) => it);
    assert.match(String(error), said);
    assert.doesNotMatch(JSON.stringify([String(error), error]), new RegExp(`${TOKEN}|another-token`));
  }
  assert.equal(
    titles().some((title) => title.startsWith("w")),
    false,
  );
});

test("a token of an app is for one repository, for what may be pushed, and ends with its bottle", async () => {
  const own = await tokens();
  const value = (await own.read()).reveal();
  assert.deepEqual(github.tokens.get(value)?.repositories, ["r"]);
  assert.equal(github.tokens.get(value)?.contents, "write");
  const reader = await tokens(appMint({ write: false }));
  assert.equal(github.tokens.get((await reader.read()).reveal())?.contents, "read");
  await own.revoke();
  await own.revoke();
  assert.equal(github.tokens.has(value), false);
  await reader.revoke();
  assert.equal(github.tokens.size, 0);
});

test("a token that ends soon is followed by another, once for all who ask; the old one goes on; all end together", async () => {
  let now = Date.now();
  const own = await tokens(appMint(), github.pem, () => now);
  const first = (await own.read()).reveal();
  now += 45 * 60_000;
  github.lifeMs = 105 * 60_000;
  const asked = await Promise.all([own.read(), own.read(), own.read()]);
  const [second = ""] = asked.map((secret) => secret.reveal());
  assert.notEqual(second, first);
  assert.deepEqual(new Set(asked.map((secret) => secret.reveal())).size, 1);
  assert.deepEqual([...github.tokens.keys()], [first, second]);
  assert.deepEqual(
    own.known().map((secret) => secret.reveal()),
    [first, second],
  );
  // The forge is down for a moment: what there is still counts.
  now += 45 * 60_000;
  github.fails = 503;
  assert.equal((await own.read()).reveal(), second);
  now += 20 * 60_000;
  await assert.rejects(async () => own.read(), /answered 503/);
  github.fails = null;
  await own.read();
  now = Date.now();
  await own.revoke();
  assert.equal(github.tokens.size, 0);
});

test("a token that may more than was asked for is given back and not used", async () => {
  const bent: readonly ((answer: Record<string, unknown>) => Record<string, unknown>)[] = [
    (answer) => ({ ...answer, permissions: { contents: "write", metadata: "read", administration: "write" } }),
    (answer) => ({ ...answer, permissions: { contents: "write", metadata: "write" } }),
    (answer) => ({ ...answer, repository_selection: "all" }),
    ({ repositories: _, ...answer }) => answer,
    (answer) => ({ ...answer, repositories: [{ full_name: "o/r" }, { full_name: "o/other" }] }),
    (answer) => ({ ...answer, repositories: [{ full_name: "elsewhere/r" }] }),
  ];
  for (const bend of bent) {
    github.bend = bend;
    await assert.rejects(tokens(), /gave/);
    assert.equal(github.tokens.size, 0);
  }
});

test("what an app cannot have is said in words without key or login", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const other = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const curve = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const cases = [
    [appMint(), other, /answered 401/],
    [appMint(), curve, /no private key of RSA/],
    [appMint(), "no key", /no private key of RSA/],
    [appMint({ app: "another" }), github.pem, /answered 401/],
    [appMint({ installation: 1 }), github.pem, /answered 404/],
    [appMint({ repository: "secret" }), github.pem, /answered 422/],
  ] as const;
  for (const [mint, pem, said] of cases) await assert.rejects(tokens(mint, pem), said);
  github.fails = 400;
  const error = await tokens().catch((it: unknown) => it);
  assert.match(String(error), /you sent \[secret\]/);
});

test("an end that the forge does not hear says when the token ends by itself", async () => {
  const own = await tokens();
  github.fails = 500;
  await assert.rejects(own.revoke(), /answered 500: .*it ends by itself at \d{4}-/);
  github.fails = null;
  await own.revoke();
  assert.equal(github.tokens.size, 0);
});
