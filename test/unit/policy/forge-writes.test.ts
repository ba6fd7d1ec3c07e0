import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeWrite } from "../../../src/core/policy/forge-writes.ts";
import { authority, policy, request, rule } from "../../support/core/policies.ts";

const ask = (host: string, method: string, target: string, over: Parameters<typeof rule>[0] = {}) => {
  const [path = "", query = null] = target.split("?");
  return request(policy([rule({ host, ...over })]), { authority: authority(host), method, path, query });
};

/** Host, method, path: each by the documentation of its forge. */
const WRITES: readonly (readonly [string, string, string])[] = [
  ["api.github.com", "PUT", "/repos/o/r/contents/src/a.ts"],
  ["api.github.com", "DELETE", "/repos/o/r/contents/a"],
  ["api.github.com", "POST", "/repos/o/r/git/blobs"],
  ["api.github.com", "PATCH", "/repos/o/r/git/refs/heads/main"],
  ["api.github.com", "POST", "/repos/o/r/merges"],
  ["api.github.com", "PUT", "/repos/o/r/pulls/7/merge"],
  ["api.github.com", "POST", "/repos/o/r/releases"],
  ["uploads.github.com", "POST", "/repos/o/r/releases/1/assets?name=a.zip"],
  ["api.github.com", "POST", "/repos/o/r/keys"],
  ["api.github.com", "POST", "/repos/o/r/hooks"],
  ["api.github.com", "POST", "/repos/o/r/dispatches"],
  ["api.github.com", "POST", "/repos/o/r/actions/workflows/ci.yml/dispatches"],
  ["api.github.com", "PUT", "/repos/o/r/actions/secrets/X"],
  ["api.github.com", "PUT", "/repos/o/r/collaborators/eve"],
  ["api.github.com", "PATCH", "/repos/o/r"],
  ["api.github.com", "POST", "/repos/o/r/forks"],
  ["api.github.com", "POST", "/gists"],
  ["api.github.com", "PATCH", "/gists/0123"],
  ["api.github.com", "POST", "/user/keys"],
  ["api.github.com", "POST", "/user/repos"],
  ["api.github.com", "POST", "/graphql"],
  ["ghe.example.com", "PUT", "/api/v3/repos/o/r/contents/a"],
  ["ghe.example.com", "POST", "/api/graphql"],
  ["gitlab.com", "POST", "/api/v4/projects/1/repository/files/a%2Fb"],
  ["gitlab.com", "POST", "/api/v4/projects/o%2Fr/repository/commits"],
  ["git.example.com", "POST", "/api/v4/projects/a%2Fb%2Fc/repository/branches"],
  ["gitlab.com", "PUT", "/api/v4/projects/1/merge_requests/3/merge"],
  ["gitlab.com", "POST", "/api/v4/projects/1/releases"],
  ["gitlab.com", "POST", "/api/v4/projects/1/snippets"],
  ["gitlab.com", "POST", "/api/v4/snippets"],
  ["gitlab.com", "POST", "/api/v4/projects/1/deploy_keys"],
  ["gitlab.com", "POST", "/api/v4/projects/1/hooks"],
  ["gitlab.com", "POST", "/api/v4/projects/1/pipeline"],
  ["gitlab.com", "POST", "/api/v4/projects/1/trigger/pipeline"],
  ["gitlab.com", "POST", "/api/v4/projects/1/jobs/2/play"],
  ["gitlab.com", "POST", "/api/v4/projects/1/access_tokens"],
  ["gitlab.com", "PUT", "/api/v4/projects/1/packages/generic/p/1/f"],
  ["gitlab.com", "PUT", "/api/v4/projects/1"],
  ["gitlab.com", "PUT", "/api/v4/projects/o%2Fr"],
  ["gitlab.com", "POST", "/api/v4/projects"],
  ["gitlab.com", "POST", "/api/v4/user/keys"],
  ["gitlab.com", "POST", "/api/graphql"],
  ["codeberg.org", "POST", "/api/v1/repos/o/r/contents/a"],
  ["codeberg.org", "POST", "/api/v1/repos/o/r/contents"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/diffpatch"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/releases/1/assets"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/keys"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/hooks"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/actions/workflows/ci.yml/dispatches"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/pulls/1/merge"],
  ["gitea.com", "POST", "/api/v1/repos/o/r/wiki/new"],
  ["gitea.com", "PATCH", "/api/v1/repos/o/r"],
  ["gitea.com", "POST", "/api/v1/user/keys"],
  ["gitea.com", "POST", "/api/v1/repos/migrate"],
  ["gitea.com", "PUT", "/api/packages/o/generic/p/1/f"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/src"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/refs/branches"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/downloads"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/deploy-keys"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/hooks"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/pipelines/"],
  ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/pullrequests/1/merge"],
  ["api.bitbucket.org", "PUT", "/2.0/repositories/w/r"],
  ["api.bitbucket.org", "POST", "/2.0/snippets"],
  ["api.bitbucket.org", "POST", "/2.0/users/me/ssh-keys"],
  ["bb.example.com", "PUT", "/rest/api/1.0/projects/P/repos/r/browse/a"],
  ["bb.example.com", "POST", "/rest/keys/1.0/projects/P/repos/r/ssh"],
];

test("row 115: a rule for a whole host lets no write of a forge's API through", () => {
  for (const [host, method, target] of WRITES) {
    const decision = ask(host, method, target);
    assert.deepEqual([decision.verdict, decision.reason], ["deny", "forge-write"], `${method} ${host}${target}`);
    const asking = ask(host, method, target, { ask: true });
    assert.deepEqual(
      [asking.verdict, asking.reason],
      ["deny", "forge-write"],
      `${method} ${host}${target} after a yes`,
    );
  }
});

test("row 115: nor when it is spelled as only a lax server reads it", () => {
  for (const [method, target] of [
    ["PUT", "/REPOS/o/r/Contents/a"],
    ["PUT", "/repos/o/r/contents;x/a"],
    ["PUT", "//repos/o/r/contents/a/"],
    ["PUT", "/repos/o/r/%63ontents/a"],
    ["GET", "/repos/o/r/contents/a?_method=PUT"],
    ["GET", "/gists?X-HTTP-Method-Override=post"],
  ] as const) {
    assert.equal(ask("api.github.com", method, target).verdict, "deny", `${method} ${target}`);
  }
});

test("row 115: what a rule spells out, with the method, is meant; a wider one is not", () => {
  const spelled = { methods: ["PUT"], paths: ["/repos/o/r/contents/docs/*"] } as const;
  assert.equal(ask("api.github.com", "PUT", "/repos/o/r/contents/docs/a.md", spelled).verdict, "allow");
  const wider = { methods: ["PUT"], paths: ["/repos/o/r/*"] } as const;
  assert.equal(ask("api.github.com", "PUT", "/repos/o/r/contents/docs/a.md", wider).reason, "forge-write");
  const anyMethod = { methods: null, paths: ["/repos/o/r/contents/*"] } as const;
  assert.equal(ask("api.github.com", "PUT", "/repos/o/r/contents/a", anyMethod).reason, "forge-write");
  const itself = { methods: ["PATCH"], paths: ["/repos/o/r"] } as const;
  assert.equal(ask("api.github.com", "PATCH", "/repos/o/r", itself).verdict, "allow");
  const graphql = { methods: ["POST"], paths: ["/graphql"] } as const;
  assert.equal(ask("api.github.com", "POST", "/graphql", graphql).verdict, "allow");
});

test("row 115: reading goes on, and so does talking: issues, comments, reviews", () => {
  for (const [host, method, target] of [
    ["api.github.com", "GET", "/repos/o/r/contents/a"],
    ["api.github.com", "GET", "/gists/0123"],
    ["api.github.com", "POST", "/repos/o/r/issues/1/comments"],
    ["api.github.com", "POST", "/repos/o/r/pulls"],
    ["api.github.com", "POST", "/repos/o/r/pulls/1/reviews"],
    ["api.github.com", "POST", "/repos/o/contents/issues"],
    ["gitlab.com", "GET", "/api/v4/projects/1/repository/files/a/raw?ref=main"],
    ["gitlab.com", "POST", "/api/v4/projects/1/merge_requests"],
    ["gitlab.com", "POST", "/api/v4/projects/o%2Fr/issues/1/notes"],
    ["gitea.com", "POST", "/api/v1/repos/o/r/issues"],
    ["gitea.com", "POST", "/api/v1/repos/o/r/pulls"],
    ["api.bitbucket.org", "POST", "/2.0/repositories/w/r/pullrequests/1/comments"],
    ["registry.example.com", "POST", "/v1/contents"],
    ["api.example.com", "POST", "/graphql"],
    ["example.com", "PUT", "/repos/o/r/contents/a"],
  ] as const) {
    assert.equal(ask(host, method, target).verdict, "allow", `${method} ${host}${target}`);
  }
});

test("what is refused is said with the forge and the resource, and nothing that came", () => {
  const of = (path: string) =>
    forgeWrite({ authority: { host: "api.github.com" }, method: "POST", path, query: null })?.what;
  assert.equal(of("/repos/o/r/contents/sk-secret"), "a write of GitHub's API (contents)");
  assert.equal(of("/repos/o/r"), "a write of GitHub's API (a repository itself)");
});
