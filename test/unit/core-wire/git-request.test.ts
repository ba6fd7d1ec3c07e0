import assert from "node:assert/strict";
import { test } from "node:test";
import { gateUrl, readGitRequest } from "../../../src/core/wire/git-request.ts";

test("what git asks is read, and nothing else", () => {
  assert.equal(gateUrl("http://127.0.0.1:9099", "app"), "http://127.0.0.1:9099/git/app/repo");
  for (const base of ["/git/app/repo", "/git/app/repo.git", "/git/app/repo/"]) {
    for (const service of ["git-upload-pack", "git-receive-pack"] as const) {
      assert.deepEqual(readGitRequest("GET", `${base}/info/refs?service=${service}`), {
        kind: "git",
        request: { repository: "app", service, step: "refs" },
      });
      assert.deepEqual(readGitRequest("POST", `${base}/${service}`), {
        kind: "git",
        request: { repository: "app", service, step: "call" },
      });
    }
  }
  for (const [method, target] of [
    ["GET", "/git/app/repo/HEAD"],
    ["GET", "/git/app/repo/objects/info/packs"],
    ["GET", "/git/app/repo/info/refs"],
    ["GET", "/git/app/repo/info/refs?service=git-upload-archive"],
    ["POST", "/git/app/repo/info/refs?service=git-upload-pack"],
    ["GET", "/git/app/repo/git-upload-pack"],
    ["POST", "/git/app/repo/git-upload-pack?x"],
    ["POST", "/git/app/repo/../x/git-receive-pack"],
    ["POST", "/git/../app/repo/git-receive-pack"],
    ["POST", "/git/app%2frepo/git-receive-pack"],
    ["GET", "/git/app/repo-x/../../y/info/refs?service=git-upload-pack"],
    ["GET", "/git/app/repo-x/info/refs?service=git-receive-pack"],
    ["POST", "/git/app/repo/info/lfs/objects/batch"],
    ["GET", "/git/APP/repo/info/refs?service=git-upload-pack"],
    ["GET", "/git"],
  ] as const) {
    assert.equal(readGitRequest(method, target).kind, "refused", `${method} ${target}`);
  }
});

test("another repository, whose URL only begins in the same way, is told from the gate's own", () => {
  assert.deepEqual(readGitRequest("GET", "/git/app/repo-docs.git/info/refs?service=git-upload-pack"), {
    kind: "other",
    repository: "app",
    rest: "-docs.git/info/refs?service=git-upload-pack",
  });
});
