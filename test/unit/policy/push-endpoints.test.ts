import assert from "node:assert/strict";
import { test } from "node:test";
import { authority, policy, request, rule } from "../../support/core/policies.ts";

const HOST = "git.example.com";
const ask = (
  method: string,
  target: string,
  over: Parameters<typeof rule>[0] = {},
  more: Partial<ReturnType<typeof policy>> = {},
) => {
  const [path = "", query = null] = target.split("?");
  const all = { ...policy([rule({ host: HOST, ...over })]), ...more };
  return request(all, { authority: authority(HOST), method, path, query });
};

test("row 115: a rule for a whole host lets neither a push nor an LFS upload through, however it is spelled", () => {
  for (const [method, target] of [
    ["GET", "/o/r.git/info/refs?service=git-receive-pack"],
    ["GET", "/o/r/info/refs?service=git-upload-pack&service=git-receive-pack"],
    ["GET", "/o/r/info/refs?service=git%2Dreceive%2dpack"],
    ["GET", "/o/r/info/refs/?SERVICE=GIT-RECEIVE-PACK"],
    ["POST", "/o/r.git/git-receive-pack"],
    ["PUT", "/o/r.git/git-receive-pack"],
    ["POST", "/o/r.git/Git-Receive-Pack/"],
    ["POST", "/o/r.git/git%2Dreceive-pack"],
    ["POST", "/o/r.git/x;y/git-receive-pack;z"],
    ["POST", "/a/b/c/git-receive-pack?x=1"],
    ["POST", "/o/r.git/info/lfs/objects/batch"],
    ["POST", "/o/r.git/info/lfs/objects"],
    ["POST", "/o/r.git/INFO/lfs/locks"],
  ] as const) {
    const decision = ask(method, target);
    assert.deepEqual([decision.verdict, decision.reason], ["deny", "git-push"], `${method} ${target}`);
  }
  const asking = ask("POST", "/o/r.git/git-receive-pack", { ask: true });
  assert.deepEqual([asking.verdict, asking.reason], ["deny", "git-push"], "nor after a yes");
});

test("row 115: reading goes on, and a rule that names the very path means it", () => {
  for (const [method, target] of [
    ["GET", "/o/r.git/info/refs?service=git-upload-pack"],
    ["POST", "/o/r.git/git-upload-pack"],
    ["GET", "/o/r.git/info/lfs/locks"],
    ["GET", "/docs/git-receive-pack.html"],
    ["GET", "/search?q=info/refs"],
  ] as const) {
    assert.equal(ask(method, target).verdict, "allow", `${method} ${target}`);
  }
  const named = { paths: ["/o/r.git/git-receive-pack"], methods: ["POST"] };
  assert.equal(ask("POST", "/o/r.git/git-receive-pack", named).verdict, "allow");
  assert.equal(ask("POST", "/o/r.git/git-receive-pack", { paths: ["/o/*"] }).reason, "git-push");
});
