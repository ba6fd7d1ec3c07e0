import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator } from "../../support/operator.ts";

const skip = skipWithout("docker", "docker-images");

/** Runs a command in a container of the real image, as bottles do: without a network, a writable root or capabilities. */
function inside(image: string, ...command: readonly string[]) {
  const cage = ["--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pull=never"];
  const { status, stdout, stderr } = spawnSync("docker", ["run", "--rm", "--init", ...cage, image, ...command], {
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

test("image ls tells programs and people the same", { skip }, async () => {
  using operator = newOperator();
  const json = await operator.bottle(["image", "ls", "--format", "json"]);
  assert.equal(json.code, 0, json.stderr);
  const images: { name: string; reference: string; current: boolean }[] = JSON.parse(json.stdout);
  for (const name of ["claude", "sidecar"]) {
    const current = images.filter((image) => image.name === name && image.current);
    assert.equal(current.length, 1, name);
    assert.match(current[0]?.reference ?? "", new RegExp(`^localhost/bot-bottle/${name}:[0-9a-f]{20}$`));
  }
  const text = await operator.bottle(["image", "ls"]);
  for (const { reference } of images) assert.ok(text.stdout.includes(reference), reference);
  assert.match(text.stdout, /^IMAGE +ID +VERSION +SIZE +AGE +STATE\n/);
});

test("a dry run of image prune removes nothing", { skip }, async () => {
  using operator = newOperator();
  const before = await operator.bottle(["image", "ls", "--format", "json"]);
  const pruned = await operator.bottle(["image", "prune", "--all", "--dry-run", "--format", "json"]);
  assert.equal(pruned.code, 0, pruned.stderr);
  const would: { removed: boolean }[] = JSON.parse(pruned.stdout);
  assert.ok(would.every(({ removed }) => !removed));
  const after = await operator.bottle(["image", "ls", "--format", "json"]);
  const names = (json: string) => (JSON.parse(json) as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(names(after.stdout), names(before.stdout));
});

test("what image cannot do is a usage error that says what it can", async () => {
  using operator = newOperator();
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["image", "frobnicate"], /build, ls, prune/],
    [["image", "build", "codex"], /the images are claude, sidecar/],
    [["image", "ls", "claude"], /takes no names/],
    [["image"], /build\|ls\|prune/],
  ];
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await operator.bottle(args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, words);
  }
});

test("an engine that does not answer is named, with what to do", { skip: skipWithout("docker") }, async () => {
  using operator = newOperator();
  for (const args of [["ls"], ["build"], ["prune"]]) {
    const { code, stdout, stderr } = await operator.bottle(["image", ...args], {
      env: { DOCKER_HOST: `unix://${operator.home}/none.sock` },
    });
    assert.deepEqual([code, stdout], [4, ""]);
    assert.match(stderr, /does not answer.*\n.*DOCKER_HOST/);
  }
});

test("the agent's image holds the real program, which its user can run and not change", { skip }, () => {
  const image = "localhost/bot-bottle/claude:latest";
  assert.equal(inside(image, "id"), "uid=1000(agent) gid=1000(agent) groups=1000(agent)");
  assert.match(inside(image, "sh", "-c", "HOME=/tmp /opt/agent/claude --version"), /^\d+\.\d+\.\d+ \(Claude Code\)$/);
  assert.equal(inside(image, "stat", "-c", "%U %a", "/opt/agent/claude", "/opt/agent"), "root 755\nroot 755");
  assert.equal(inside(image, "stat", "-c", "%U", "/home/agent", "/workspace"), "agent\nagent");
  // What bottles run in it: the shell and tar of provisioning, perl of the probes, socat of the gateway's socket.
  const tools = "sh tar perl socat git curl ps find bash";
  assert.equal(inside(image, "sh", "-c", `for t in ${tools}; do command -v $t >/dev/null || echo $t; done`), "");
});

test("the sidecar's image runs our own Node and code, as nobody who has an account", { skip }, () => {
  const image = "localhost/bot-bottle/sidecar:latest";
  const script = readFileSync(new URL("../../../scripts/node", import.meta.url), "utf8");
  assert.equal(inside(image, "node", "--version"), `v${/^version=(.*)$/m.exec(script)?.[1]}`);
  assert.equal(inside(image, "sh", "-c", "id -u; getent passwd $(id -u) || echo none"), "10001\nnone");
  assert.equal(inside(image, "sh", "-c", "find /opt/bot-bottle -writable ! -type l | head -1"), "");
  assert.equal(inside(image, "stat", "-c", "%a", "/opt/bot-bottle/sidecar"), "755");
});
