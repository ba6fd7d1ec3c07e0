import assert from "node:assert/strict";
import { test } from "node:test";
import { authority, binding, policy, request, rule } from "../../support/core/policies.ts";

/** A policy with a credential for this host, and a rule for all of it. */
const at = (host: string, over: Parameters<typeof rule>[0] = {}) =>
  policy([rule({ host, ...over })], [binding({ hosts: [host] })]);

const ask = (method: string, url: string, over: Parameters<typeof rule>[0] = {}) => {
  const { host, pathname, search } = new URL(url);
  const query = search === "" ? null : search.slice(1);
  return request(at(host, over), { authority: authority(host), method, path: pathname, query });
};

/** Endpoints as their documentations name them. */
const MINTS: readonly (readonly [method: string, url: string])[] = [
  ["POST", "https://github.com/login/oauth/access_token"],
  ["POST", "https://api.github.com/app/installations/42/access_tokens"],
  ["PATCH", "https://api.github.com/applications/Iv1.8a61f9b3a7aba766/token"],
  ["POST", "https://api.github.com/repos/o/r/actions/runners/registration-token"],
  ["POST", "https://ghe.example.com/api/v3/app/installations/42/access_tokens"],
  ["POST", "https://gitlab.com/oauth/token"],
  ["POST", "https://gitlab.com/api/v4/personal_access_tokens"],
  ["POST", "https://gitlab.com/api/v4/users/42/personal_access_tokens"],
  ["POST", "https://gitlab.com/api/v4/personal_access_tokens/42/rotate"],
  ["POST", "https://gitlab.com/api/v4/projects/group%2Fproject/access_tokens"],
  ["POST", "https://gitlab.com/api/v4/groups/7/deploy_tokens"],
  ["POST", "https://registry.npmjs.org/-/npm/v1/tokens"],
  ["PUT", "https://registry.npmjs.org/-/user/org.couchdb.user:me"],
  ["PUT", "https://crates.io/api/v1/me/tokens"],
  ["POST", "https://pypi.org/_/oidc/mint-token"],
  ["POST", "https://rubygems.org/api/v1/api_key.json"],
  ["POST", "https://hub.docker.com/v2/users/login/"],
  ["POST", "https://console.anthropic.com/v1/oauth/token"],
  ["POST", "https://api.anthropic.com/api/oauth/claude_cli/create_api_key"],
  ["POST", "https://api.openai.com/v1/realtime/client_secrets"],
  ["POST", "https://api.openai.com/v1/organization/admin_api_keys"],
  ["POST", "https://login.microsoftonline.com/common/oauth2/v2.0/token"],
  ["POST", "https://dev.okta.com/oauth2/default/v1/token"],
  ["POST", "https://oauth2.googleapis.com/token"],
  ["POST", "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.c:generateAccessToken"],
  ["POST", "https://sts.amazonaws.com/"],
  ["GET", "https://sts.eu-central-1.amazonaws.com/?Action=AssumeRole"],
  ["POST", "https://vault.example.com/v1/auth/token/create"],
  ["POST", "https://api.cloudflare.com/client/v4/user/tokens"],
  ["POST", "https://slack.com/api/oauth.v2.access"],
  ["POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Keys.json"],
  ["POST", "https://k8s.example.com/api/v1/namespaces/x/serviceaccounts/y/token"],
];

for (const [method, url] of MINTS) {
  test(`row 98: ${method} ${url} is denied where a credential is written`, () => {
    const decision = ask(method, url);
    assert.deepEqual([decision.verdict, decision.reason], ["deny", "token-minting"]);
    assert.match(decision.detail ?? "", /hands? out tokens/);
  });
}

test("row 98: other spellings of such a path are the same to a lax server", () => {
  const paths = [
    "/oauth/token/",
    "/OAuth/Token",
    "//oauth//token",
    "/oauth/./token",
    "/oauth/x/../token",
    "/oauth%2ftoken",
    "/oauth%2Ftoken",
    "/o%61uth/token",
    "/oauth\\token",
    "/oauth/token;a=b",
    "/oauth;a/token",
    "/oauth/token.json",
    "/mounted/below/oauth/token",
  ];
  for (const path of paths) {
    const decision = request(at("a.test"), { method: "POST", path });
    assert.equal(decision.reason, "token-minting", path);
  }
});

test("row 98: a read may be an order in disguise", () => {
  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    const path = "/oauth/token";
    assert.equal(request(at("a.test"), { method, path }).verdict, "allow");
    assert.equal(request(at("a.test"), { method, path, query: "_method=POST" }).reason, "token-minting");
  }
});

const OTHERS: readonly (readonly [method: string, url: string])[] = [
  ["POST", "https://api.anthropic.com/v1/messages"],
  ["POST", "https://api.anthropic.com/v1/messages/count_tokens"],
  ["POST", "https://api.openai.com/v1/responses"],
  ["POST", "https://api.github.com/repos/o/r/issues"],
  ["POST", "https://github.com/o/token/git-upload-pack"],
  ["PUT", "https://registry.npmjs.org/token"],
  ["GET", "https://registry.npmjs.org/oauth-token"],
  ["GET", "https://registry.npmjs.org/-/npm/v1/tokens"],
  ["POST", "https://gitlab.com/api/v4/projects/1/merge_requests"],
  ["POST", "https://a.amazonaws.com/"],
  ["POST", "https://sts.amazonaws.com.example.com/"],
];

for (const [method, url] of OTHERS) {
  test(`${method} ${url} is no token endpoint`, () => assert.equal(ask(method, url).verdict, "allow"));
}

test("row 98: a rule that names the very path, for this method, allows it; a pattern does not", () => {
  const asked = { method: "POST", path: "/oauth/token" };
  const credentials = [binding()];
  for (const paths of [["/*"], ["/oauth/*"], ["/*/token"], ["/oauth/token/"], ["/OAUTH/TOKEN", "/*"]]) {
    assert.equal(request(policy([rule({ paths })], credentials), asked).verdict, "deny", paths.join());
  }
  assert.equal(request(policy([rule({ paths: ["/oauth/token"] })], credentials), asked).verdict, "allow");
  const broad = rule({ id: "broad" });
  const named = (methods: readonly string[]) => rule({ id: "named", paths: ["/oauth/token"], methods });
  assert.equal(request(policy([broad, named(["POST"])], credentials), asked).verdict, "allow");
  assert.equal(request(policy([broad, named(["GET"])], credentials), asked).reason, "token-minting");
});

test("row 98: where no credential is written, the answer holds nothing of this bottle's", () => {
  assert.equal(request(policy([rule()]), { method: "POST", path: "/oauth/token" }).verdict, "allow");
  const elsewhere = policy([rule()], [binding({ hosts: ["b.test"] })]);
  assert.equal(request(elsewhere, { method: "POST", path: "/oauth/token" }).verdict, "allow");
});
