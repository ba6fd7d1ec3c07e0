import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { planRepositories, repositoryLines } from "../../../src/core/plan/git-repositories.ts";
import { manifestPlace, said } from "../../support/manifest-place.ts";

const SSH = "git@git.example.com:o/r.git";
const HTTPS = "https://github.com/o/r.git";
const HOST_KEY = `ssh-ed25519 ${"A".repeat(68)}`;
const DEPLOY = { deployKey: { token: { env: "T" } } };
const APP = { githubApp: { app: "Iv23li", installation: 5, key: { file: "~/app.pem" } } };

test("what is minted for a repository is read, planned by reference, and shown", async (context) => {
  const at = manifestPlace(context);
  const repos = {
    keyed: { url: SSH, hostKey: HOST_KEY, credential: DEPLOY, branches: ["bot/{bottle}/*"] },
    app: { url: HTTPS, credential: APP },
    own: {
      url: "https://ghe.example.com/o/r",
      credential: { githubApp: { ...APP.githubApp, api: "https://ghe.example.com/api/v3/" } },
      branches: ["x"],
    },
  };
  writeFileSync(at.operator, JSON.stringify({ bottles: { default: { git: { repos } } } }));
  const manifest = await at.load();
  assert.equal(said(manifest), "");
  const { repositories, secrets, problems } = planRepositories(
    manifest.bottles.default?.git?.repos ?? {},
    "b",
    "/home/me",
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    repositories.map(({ mint }) => mint && [mint.kind, mint.api, mint.owner, mint.repository, mint.write, mint.secret]),
    [
      ["gitea-deploy-key", "https://git.example.com/api/v1", "o", "r", true, "git keyed forge token"],
      ["github-app-token", "https://api.github.com", "o", "r", false, "git app app key"],
      ["github-app-token", "https://ghe.example.com/api/v3", "o", "r", true, "git own app key"],
    ],
  );
  assert.deepEqual(
    secrets.map(({ credential, source }) => [credential, source]),
    [
      ["git keyed forge token", { kind: "env", variable: "T" }],
      ["git app app key", { kind: "file", path: "/home/me/app.pem" }],
      ["git own app key", { kind: "file", path: "/home/me/app.pem" }],
    ],
  );
  const lines = repositoryLines({ repositories, secrets } as Parameters<typeof repositoryLines>[0]);
  assert.match(
    lines[0] ?? "",
    /with a deploy key that https:\/\/git\.example\.com\/api\/v1 is given for this bottle, with the variable T/,
  );
  assert.match(
    lines.join("\n"),
    /with tokens for reading only that https:\/\/api\.github\.com makes for this bottle and the app Iv23li/,
  );
});

test("what does not fit together is said at its key", async (context) => {
  const at = manifestPlace(context);
  const ssh = { url: SSH, hostKey: HOST_KEY };
  for (const [repository, words] of [
    [{ url: HTTPS, credential: {} }, /exactly one of source, deployKey and githubApp/],
    [{ url: HTTPS, credential: { ...APP, source: { env: "T" } } }, /exactly one of source, deployKey and githubApp/],
    [{ url: HTTPS, credential: { ...APP, username: "x" } }, /goes with `source` only/],
    [{ url: HTTPS, credential: DEPLOY }, /a deploy key needs an ssh URL/],
    [{ ...ssh, credential: APP }, /tokens of an app need an https URL/],
    [{ ...ssh, credential: DEPLOY, key: "~/.ssh/id" }, /`key` or `credential`, one of them/],
    [{ url: "https://github.com/a/b/c", credential: APP }, /owner\/repository/],
    [{ url: "https://ghe.example.com/o/r", credential: APP }, /`api` of a GitHub Enterprise server must be given/],
    [
      { url: HTTPS, credential: { githubApp: { ...APP.githubApp, api: "https://evil.example.com" } } },
      /of github\.com the API is api\.github\.com/,
    ],
    [{ ...ssh, credential: { deployKey: { ...DEPLOY.deployKey, api: "http://x.test" } } }, /https:\/\/host\/path/],
    [{ ...ssh, credential: { deployKey: { ...DEPLOY.deployKey, api: "https://u@x.test" } } }, /https:\/\/host\/path/],
    [{ ...ssh, credential: { deployKey: { ...DEPLOY.deployKey, api: "https://x.test/../y" } } }, /without \. and \.\./],
    [{ url: HTTPS, credential: { githubApp: { ...APP.githubApp, installation: 0 } } }, /installation/],
    [{ url: HTTPS, secrets: "allow" }, /expected "ask"/],
  ] as const) {
    writeFileSync(at.operator, JSON.stringify({ bottles: { default: { git: { repos: { r: repository } } } } }));
    assert.match(said(await at.load()), words, JSON.stringify(repository));
  }
});
