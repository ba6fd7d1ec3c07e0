import assert from "node:assert/strict";
import { test } from "node:test";
import { decideRequest, decideTunnel } from "../../../src/core/policy/decide.ts";
import { packForRequest, packForTunnel } from "../../../src/core/policy/pack-hints.ts";
import { PACK_NAMES, packRules, RULE_PACKS } from "../../../src/core/policy/packs.ts";
import { policyProblems } from "../../../src/core/policy/validate.ts";
import { authority, binding, guardOf, policy, rule } from "../../support/core/policies.ts";
import { factsOf } from "../../support/core/url-requests.ts";

interface Table {
  /** `METHOD URL`, then perhaps the length of a body. */
  readonly allowed: readonly string[];
  readonly refused: readonly string[];
}

/** What real clients ask for (measured, see each pack), and what would write, upload or search. */
const TABLES: Readonly<Record<string, Table>> = {
  npm: {
    allowed: [
      "GET https://registry.npmjs.org/left-pad",
      "GET https://registry.npmjs.org/@babel%2fcore",
      "GET https://registry.npmjs.org/@babel%2Fcore",
      "GET https://registry.npmjs.org/@babel/core",
      "GET https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz",
      "HEAD https://registry.npmjs.org/@babel/core/-/core-7.0.0.tgz",
      "GET https://registry.yarnpkg.com/left-pad/-/left-pad-1.3.0.tgz",
    ],
    refused: [
      "PUT https://registry.npmjs.org/left-pad 815",
      "PUT https://registry.npmjs.org/@babel%2fcore 815",
      "POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk 100",
      "POST https://registry.npmjs.org/-/v1/login 20",
      "PUT https://registry.npmjs.org/-/user/org.couchdb.user:me 100",
      "DELETE https://registry.npmjs.org/left-pad/-rev/1",
      "GET https://registry.npmjs.org/-/v1/search?text=data",
      "GET https://registry.npmjs.org/-/npm/v1/tokens",
      "GET https://registry.npmjs.org/-%2fnpm%2fv1%2ftokens",
      "GET https://registry.npmjs.org/%2d/npm/v1/tokens",
      "GET https://registry.npmjs.org/a/../-/npm/v1/tokens",
      "GET https://registry.npmjs.org/a%2f..%2f-/npm/v1/tokens",
      "GET https://registry.npmjs.org//-/npm/v1/tokens",
      "GET https://registry.npmjs.org/left-pad?write=true",
      "GET https://registry.npmjs.org/left-pad 5",
      "GET http://registry.npmjs.org/left-pad",
      "GET https://registry.npmjs.org:8443/left-pad",
      "GET https://www.npmjs.com/package/left-pad",
    ],
  },
  pypi: {
    allowed: [
      "GET https://pypi.org/simple/requests/",
      "GET https://pypi.org/simple/requests",
      "GET https://pypi.org/pypi/requests/json",
      "GET https://pypi.org/pypi/requests/2.31.0/json",
      "GET https://files.pythonhosted.org/packages/70/8e/x/requests-2.31.0-py3-none-any.whl",
      "GET https://files.pythonhosted.org/packages/70/8e/x/requests-2.31.0-py3-none-any.whl.metadata",
    ],
    refused: [
      "POST https://upload.pypi.org/legacy/ 100",
      "POST https://pypi.org/pypi 100",
      "POST https://pypi.org/simple/requests/ 100",
      "GET https://pypi.org/search/?q=data",
      "GET https://pypi.org/simple/requests/?x=data",
      "GET https://pypi.org/account/login/",
      "GET https://test.pypi.org/simple/x/",
      "GET https://files.pythonhosted.org/other",
    ],
  },
  crates: {
    allowed: [
      "GET https://index.crates.io/config.json",
      "GET https://index.crates.io/1/a",
      "GET https://index.crates.io/2/ab",
      "GET https://index.crates.io/3/a/abc",
      "GET https://index.crates.io/so/me/somecrate",
      "GET https://static.crates.io/crates/serde/1.0.0/download",
      "GET https://static.crates.io/crates/serde/serde-1.0.0.crate",
      "GET https://crates.io/api/v1/crates/serde/1.0.0/download",
    ],
    refused: [
      "PUT https://crates.io/api/v1/crates/new 900",
      "DELETE https://crates.io/api/v1/crates/serde/1.0.0/yank",
      "PUT https://crates.io/api/v1/crates/serde/owners 10",
      "GET https://crates.io/api/v1/crates?q=data",
      "GET https://crates.io/api/v1/crates/serde/1.0.0/download?x=data",
      "GET https://crates.io/me",
      "PUT https://static.crates.io/crates/serde/serde-1.0.0.crate 10",
    ],
  },
  go: {
    allowed: [
      "GET https://proxy.golang.org/github.com/%21burnt%21sushi/toml/@v/list",
      "GET https://proxy.golang.org/github.com/%21burnt%21sushi/toml/@v/v1.0.0.zip",
      "GET https://proxy.golang.org/golang.org/x/net/@latest",
      "GET https://proxy.golang.org/sumdb/sum.golang.org/supported",
      "GET https://proxy.golang.org/sumdb/sum.golang.org/lookup/golang.org/x/net@v0.1.0",
      "GET https://sum.golang.org/lookup/github.com/%21burnt%21sushi/toml@v1.0.0",
      "GET https://sum.golang.org/tile/8/0/x001/234.p/56",
      "GET https://sum.golang.org/latest",
      "GET https://storage.googleapis.com/proxy-golang-org-prod/8e29-google.golang.org:api-v0.1.0.zip?Expires=1&Signature=a%2Fb",
    ],
    refused: [
      "POST https://proxy.golang.org/golang.org/x/net/@v/list 10",
      "GET https://proxy.golang.org/golang.org/x/net/@v/list?data=x",
      "GET https://storage.googleapis.com/attacker/x",
      "PUT https://storage.googleapis.com/proxy-golang-org-prod/x 10",
      "GET https://storage.googleapis.com/proxy-golang-org-prod/../attacker/x",
      "GET https://storage.googleapis.com/proxy-golang-org-prod%2f..%2fattacker/x",
      "GET https://golang.org/x/net?go-get=1",
    ],
  },
  debian: {
    allowed: [
      "GET http://deb.debian.org/debian/dists/bookworm/InRelease",
      "GET https://deb.debian.org/debian/dists/bookworm/InRelease",
      "GET http://deb.debian.org/debian/pool/main/g/gcc-12/libstdc%2b%2b6_12.2%7erc1-14%2bdeb12u1_amd64.deb",
      "GET http://security.debian.org/debian-security/dists/bookworm-security/InRelease",
    ],
    refused: [
      "POST http://deb.debian.org/debian/x 1",
      "GET http://deb.debian.org/debian/dists/bookworm/InRelease?x=data",
      "GET http://deb.debian.org/debian/%2e%2e/other",
      "GET http://deb.debian.org/debian/%7e/%2e%2e/%2e%2e/other",
      "GET http://ftp.debian.org/debian/x",
      "GET http://bugs.debian.org/debian/x",
    ],
  },
  "github-read": {
    allowed: [
      "GET https://github.com/o/r.git/info/refs?service=git-upload-pack",
      "POST https://github.com/o/r.git/git-upload-pack 4000",
      "GET https://github.com/o/r/info/refs?service=git-upload-pack",
      "GET https://github.com/o/r/archive/refs/heads/main.tar.gz",
      "GET https://github.com/o/r/releases/download/v1/tool.tar.gz",
      "GET https://github.com/o/r/releases/latest/download/tool.tar.gz",
      "GET https://codeload.github.com/o/r/tar.gz/refs/heads/main",
      "GET https://raw.githubusercontent.com/o/r/main/README.md",
      "GET https://release-assets.githubusercontent.com/github-production-release-asset/1/u?sp=r&sig=a%2Bb",
      "GET https://api.github.com/repos/o/r/contents/x?ref=main",
      "GET https://api.github.com/repos/o/r/branches/feature%2fx",
      "HEAD https://api.github.com/repos/o/r",
    ],
    refused: [
      "GET https://github.com/o/r.git/info/refs?service=git-receive-pack",
      "GET https://github.com/o/r.git/info/refs",
      "GET https://github.com/o/r.git/info/refs?service=git-upload-pack&service=git-receive-pack",
      "GET https://github.com/o/r.git/info/refs?service=git%2dreceive-pack",
      "POST https://github.com/o/r.git/git-receive-pack 4000",
      "POST https://github.com/o/r.git/git-upload-pack/../git-receive-pack 4000",
      "POST https://github.com/o/r.git%2fgit-receive-pack%2fgit-upload-pack 4000",
      "POST https://github.com/o/r.git/git-upload-pack?x=data 4000",
      "POST https://github.com/o/r.git/git-upload-pack 2000000",
      "POST https://github.com/o/r.git/info/lfs/objects/batch 100",
      "POST https://api.github.com/gists 100",
      "POST https://api.github.com/graphql 100",
      "POST https://api.github.com/repos/o/r/issues 100",
      "PUT https://api.github.com/repos/o/r/contents/x 100",
      "PATCH https://api.github.com/repos/o/r 10",
      "GET https://api.github.com/user",
      "GET https://api.github.com/gists",
      "POST https://uploads.github.com/repos/o/r/releases/1/assets?name=x 100",
      "GET https://github.com/o/r/settings",
      "GET https://gist.github.com/x",
    ],
  },
  "gitlab-read": {
    allowed: [
      "GET https://gitlab.com/g/r.git/info/refs?service=git-upload-pack",
      "GET https://gitlab.com/g/sub/deeper/r.git/info/refs?service=git-upload-pack",
      "POST https://gitlab.com/g/r.git/git-upload-pack 4000",
      "POST https://gitlab.com/g/a/b/c/r.git/git-upload-pack 4000",
      "GET https://gitlab.com/g/r/-/archive/main/r-main.tar.gz",
      "GET https://gitlab.com/g/sub/r/-/raw/main/README.md",
      "GET https://gitlab.com/api/v4/projects/278964",
      "GET https://gitlab.com/api/v4/projects/g%2Fr/repository/files/a%2Fb/raw?ref=main",
    ],
    refused: [
      "GET https://gitlab.com/g/r.git/info/refs?service=git-receive-pack",
      "GET https://gitlab.com/g/sub/r.git/info/refs",
      "POST https://gitlab.com/g/r.git/git-receive-pack 4000",
      "POST https://gitlab.com/g/sub/r.git/git-receive-pack 4000",
      "POST https://gitlab.com/g/r.git/info/lfs/objects/batch 100",
      "POST https://gitlab.com/api/v4/projects/1/repository/commits 100",
      "POST https://gitlab.com/api/v4/projects/1/snippets 100",
      "POST https://gitlab.com/api/v4/projects/1/pipeline 10",
      "POST https://gitlab.com/api/graphql 100",
      "GET https://gitlab.com/api/v4/user",
      "GET https://gitlab.com/api/v4/personal_access_tokens",
      "GET https://gitlab.com/g/r/-/settings/repository",
      "GET https://registry.gitlab.com/v2/",
    ],
  },
  "gitea-read": {
    allowed: [
      "GET https://gitea.com/o/r.git/info/refs?service=git-upload-pack",
      "POST https://codeberg.org/o/r.git/git-upload-pack 4000",
      "GET https://codeberg.org/o/r/archive/main.tar.gz",
      "GET https://codeberg.org/o/r/raw/branch/main/README.md",
      "GET https://codeberg.org/o/r/releases/download/v1/tool.tar.gz",
      "GET https://gitea.com/api/v1/repos/o/r/contents/x?ref=main",
    ],
    refused: [
      "GET https://codeberg.org/o/r.git/info/refs?service=git-receive-pack",
      "POST https://codeberg.org/o/r.git/git-receive-pack 4000",
      "POST https://codeberg.org/o/r.git/info/lfs/objects/batch 100",
      "POST https://codeberg.org/api/v1/repos/o/r/contents/a 100",
      "POST https://gitea.com/api/v1/repos/o/r/keys 100",
      "POST https://gitea.com/api/v1/repos/o/r/actions/workflows/ci.yml/dispatches 10",
      "PUT https://codeberg.org/api/packages/o/generic/p/1/f 10",
      "GET https://codeberg.org/api/v1/user",
      "GET https://codeberg.org/o/r/settings",
      "GET https://git.example.com/o/r.git/info/refs?service=git-upload-pack",
    ],
  },
  "bitbucket-read": {
    allowed: [
      "GET https://bitbucket.org/w/r.git/info/refs?service=git-upload-pack",
      "POST https://bitbucket.org/w/r.git/git-upload-pack 4000",
      "GET https://bitbucket.org/w/r/get/main.tar.gz",
      "GET https://bitbucket.org/w/r/raw/main/README.md",
      "GET https://api.bitbucket.org/2.0/repositories/w/r/src/main/a?format=meta",
    ],
    refused: [
      "GET https://bitbucket.org/w/r.git/info/refs?service=git-receive-pack",
      "POST https://bitbucket.org/w/r.git/git-receive-pack 4000",
      "POST https://bitbucket.org/w/r/info/lfs/objects/batch 100",
      "POST https://api.bitbucket.org/2.0/repositories/w/r/src 100",
      "POST https://api.bitbucket.org/2.0/repositories/w/r/pipelines/ 10",
      "POST https://api.bitbucket.org/2.0/snippets 100",
      "GET https://api.bitbucket.org/2.0/user",
      "GET https://bitbucket.org/w/r/admin",
    ],
  },
};

const verdictOf = (name: string, line: string) => {
  const [method = "", url = "", bytes = "0"] = line.split(" ");
  const from = policy(packRules(name));
  return decideRequest(from, guardOf(from), factsOf(method, url, Number(bytes)));
};

test("rows 114, 115: each rule pack allows what its clients read, and nothing that publishes, uploads or pushes", () => {
  assert.deepEqual(Object.keys(TABLES), PACK_NAMES);
  for (const [name, { allowed, refused }] of Object.entries(TABLES)) {
    for (const line of allowed) {
      const decision = verdictOf(name, line);
      assert.equal(decision.verdict, "allow", `${name}: ${line}: ${decision.reason} ${decision.detail}`);
    }
    for (const line of refused) assert.equal(verdictOf(name, line).verdict, "deny", `${name}: ${line}`);
  }
});

test("row 114: no rule pack has a rule that writes, dials elsewhere, opens a WebSocket or carries more than it needs", () => {
  for (const { name } of RULE_PACKS) {
    const rules = packRules(name);
    assert.deepEqual(policyProblems(policy(rules)), [], name);
    assert.ok(rules.length > 0);
    for (const rule of rules) {
      assert.match(rule.id, new RegExp(`^pack:${name}:\\d+$`));
      assert.deepEqual(
        [rule.source, rule.mode, rule.websocket, rule.dial, rule.host.includes("*")],
        ["pack", "inspect", false, null, false],
      );
      if (rule.methods?.join() === "GET,HEAD") assert.equal(rule.maxRequestBytes, 0, rule.id);
      else {
        assert.deepEqual(rule.methods, ["POST"], rule.id);
        for (const path of rule.paths ?? ["/"]) assert.match(path, /^(?:\/\*){2,6}\/git-upload-pack$/, rule.id);
      }
    }
  }
});

test("every pack of the table is found for what it allows, by the request and by the host alone", () => {
  for (const [name, { allowed, refused }] of Object.entries(TABLES)) {
    for (const line of allowed) {
      const [method = "", url = "", bytes = "0"] = line.split(" ");
      const facts = factsOf(method, url, Number(bytes));
      assert.equal(packForRequest("host-not-listed", facts), name, line);
      if (facts.scheme === "https") assert.equal(packForTunnel("host-not-listed", facts.authority), name, line);
    }
    for (const line of refused) {
      const [method = "", url = "", bytes = "0"] = line.split(" ");
      assert.equal(packForRequest("path-not-listed", factsOf(method, url, Number(bytes))), null, line);
    }
  }
});

test("row 136: a pack is named only where a rule more would help", () => {
  const facts = factsOf("GET", "https://registry.npmjs.org/left-pad");
  for (const reason of ["denied-by-rule", "credential-wrong-host", "body-shape", "address-own", "allowed"] as const) {
    assert.equal(packForRequest(reason, facts), null, reason);
    assert.equal(packForTunnel(reason, facts.authority), null, reason);
  }
  assert.equal(packForTunnel("host-not-listed", authority("registry.npmjs.org.evil.test:443")), null);
  assert.equal(packForTunnel("host-not-listed", authority("registry.npmjs.org:22")), null);
});

test("a pack beside an operator's own rules for its host: each allows its own, scoped names work", () => {
  const publish = rule({ host: "registry.npmjs.org", methods: ["PUT"], paths: ["/mine"] });
  const both = policy([publish, ...packRules("npm")], [binding({ hosts: ["registry.npmjs.org"] })]);
  const judge = (method: string, path: string) =>
    decideRequest(both, guardOf(both), factsOf(method, `https://registry.npmjs.org${path}`));
  assert.equal(judge("PUT", "/mine").rule, publish.id);
  const scoped = judge("GET", "/@babel%2fcore");
  assert.equal(scoped.rule, "pack:npm:0");
  assert.deepEqual(
    scoped.credentials.map(({ name }) => name),
    ["main"],
  );
  assert.equal(judge("PUT", "/@babel%2fcore").verdict, "deny");
  // A rule of the operator's own never gets the encoded path.
  const own = policy([rule({ host: "registry.npmjs.org", paths: ["/*"] })]);
  assert.equal(
    decideRequest(own, guardOf(own), factsOf("GET", "https://registry.npmjs.org/@babel%2fcore")).reason,
    "path-ambiguous",
  );
});

test("a pack's tunnel is inspected", () => {
  for (const name of PACK_NAMES) {
    const from = policy(packRules(name));
    for (const { host, port, scheme } of packRules(name)) {
      if (scheme === "https")
        assert.equal(decideTunnel(from, guardOf(from), authority(`${host}:${port}`)).mode, "inspect");
    }
  }
});
