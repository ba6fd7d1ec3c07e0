import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openGitOrigin, originManifest, originUrl } from "../../support/git-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker", "docker-images", "git");
const TOKEN = "upstream-token-0123456789abcdef";

for (const placement of ["socket", "bundle"]) {
  test(`a container clones through the git gate and pushes; what holds a key is refused, what runs elsewhere is held, in placement ${placement}`, {
    skip,
  }, async (t) => {
    using operator = newOperator();
    const folder = join(operator.home, "upstream");
    mkdirSync(folder);
    const origin = await openGitOrigin(folder, `Basic ${Buffer.from(`bot:${TOKEN}`).toString("base64")}`);
    t.after(() => origin.close());
    const upstream = (...args: string[]) =>
      spawnSync("git", ["-c", "safe.directory=*", "-C", origin.bare, ...args], { encoding: "utf8" }).stdout.trim();
    const url = originUrl(origin);
    operator.writeManifest(originManifest(origin, { placement }));
    const name = `gate-${placement}-${process.pid}`;
    const script = [
      "exec 2>&1; set -e",
      `cd "$HOME"; git clone -q ${url} r; cd r; cat README; git checkout -qb bot/${name}/x`,
      "head -c 3000000 /dev/urandom >big; git add .; git commit -qm big; git push -q origin HEAD",
      `printf 'key = %s\\n' AKIA${"Q3EGRIPVTZ7WYXNB"} >config.ini; git add .; git commit -qm key`,
      `git push origin HEAD 2>&1 | grep -o "push refused ([a-z-]*)\\|config.ini:1"; git reset -q --hard HEAD~1`,
      "mkdir -p .github/workflows; echo 'run: tests' >.github/workflows/ci.yml; git add .; git commit -qm ci",
      "git push -q origin HEAD; env | grep -c 'upstream-tok[e]n' || true",
    ].join("\n");
    const words = ["start", "shell", "--backend", "docker", "--name", name, "-p", script];
    const child = operator.spawn(words, { UPSTREAM_TOKEN: TOKEN });
    let said = "";
    let stderr = "";
    child.stdout?.on("data", (piece) => (said += String(piece)));
    child.stderr?.on("data", (piece) => (stderr += String(piece)));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    await eventually("the first push", () => {
      assert.equal(child.exitCode, null, said + stderr);
      return upstream("for-each-ref", `refs/heads/bot/${name}`) !== "";
    });
    const id = await eventually("a push that waits", async () => {
      assert.equal(child.exitCode, null, said + stderr);
      const { stdout } = await operator.bottle(["approvals", "--format", "json"]);
      return /"id": *"([0-9a-z-]+)"/.exec(stdout)?.[1];
    });
    assert.equal(upstream("log", "--format=%s", `bot/${name}/x`), "big\nfirst");
    const yes = await operator.bottle(["allow", id]);
    assert.equal(yes.code, 0, yes.stderr);
    assert.equal(await ended, 0, said + stderr);
    assert.match(said, /^from upstream\n[\s\S]*push refused \(secret-found\)\nconfig\.ini:1\n[\s\S]*\n0\n$/);
    assert.equal(upstream("log", "--format=%s", `bot/${name}/x`), "ci\nbig\nfirst");
    assert.equal((await operator.bottle(["rm", "--discard", name])).code, 0);
  });
}
