import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gateConfigText, planRepositories } from "../../../src/core/plan/git-repositories.ts";
import { readGitRequest } from "../../../src/core/wire/git-request.ts";
import { skipWithout } from "../../support/needs.ts";

const ORIGIN = "http://127.0.0.1:9099";
const KEY = { key: "/k", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA" };

/** Each repository, as the manifest may declare it, with what a clone may say instead. */
const USED: readonly (readonly [url: string, spellings: readonly string[]])[] = [
  [
    "https://github.com/o/r.git",
    [
      "https://github.com/o/r",
      "https://github.com:443/o/r.git",
      "http://github.com/o/r.git",
      "https://git@github.com/o/r.git",
      "git@github.com:o/r.git",
      "github.com:o/r",
      "git@github.com:/o/r.git",
      "ssh://git@github.com/o/r",
      "ssh://git@github.com:22/o/r.git",
      "git+ssh://git@github.com/o/r.git",
      "git://github.com/o/r.git",
    ],
  ],
  ["deploy@host:srv/r", ["deploy@host:srv/r.git", "ssh://deploy@host/srv/r", "https://host/srv/r.git"]],
  ["ssh://deploy@host:2222/r", ["[deploy@host:2222]:r.git", "ssh://git@host:2222/r.git", "ssh://deploy@host:2222/r"]],
  ["https://host:8443/o/r", ["https://host:8443/o/r.git", "https://git@host:8443/o/r", "git@host:o/r.git"]],
];

test("git itself asks the gate, however a clone has written the repository's URL; others are left as they are", {
  skip: skipWithout("git"),
}, (t) => {
  const home = mkdtempSync(join(tmpdir(), "spellings-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const env = { PATH: process.env.PATH ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
  for (const [url, spellings] of USED) {
    const { repositories, problems } = planRepositories(
      { app: { url, ...(url.startsWith("https") ? {} : KEY) } },
      "b",
      home,
    );
    assert.deepEqual(problems, []);
    writeFileSync(join(home, ".gitconfig"), gateConfigText(repositories, ORIGIN));
    const asked = (spelling: string) =>
      spawnSync("git", ["ls-remote", "--get-url", spelling], { env, cwd: home, encoding: "utf8" }).stdout.trim();
    for (const spelling of [url, ...spellings]) {
      const target = asked(spelling);
      assert.ok(target.startsWith(`${ORIGIN}/git/app/repo`), `${spelling}: ${target}`);
      const { pathname } = new URL(`${target}/info/refs`);
      assert.equal(readGitRequest("GET", `${pathname}?service=git-upload-pack`).kind, "git", target);
    }
    for (const other of ["https://elsewhere/o/r", "git@elsewhere:o/r.git", "https://host/x"]) {
      assert.equal(asked(other), other);
    }
  }
});
