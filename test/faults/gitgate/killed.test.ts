import assert from "node:assert/strict";
import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openGitOrigin, originManifest, originUrl } from "../../support/git-origin.ts";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator } from "../../support/operator.ts";
import { remainsOf } from "../../support/remains.ts";

const skip = skipWithout("bubblewrap", "perl", "git");
const TOKEN = "upstream-token-0123456789abcdef";

/** Programs that name a folder in their arguments or environment, as all of the gate's do. */
function programsOf(folder: string): readonly string[] {
  return globSync("/proc/[0-9]*").flatMap((process) => {
    try {
      const words = readFileSync(join(process, "cmdline"), "latin1");
      const told = words.includes("git") && (words + readFileSync(join(process, "environ"), "latin1")).includes(folder);
      return told ? [words.replaceAll("\0", " ")] : [];
    } catch {
      // It has ended.
      return [];
    }
  });
}

test("the host process is killed before, while and after the server takes a push: it has all of it or nothing, and the next start is right", {
  skip,
  timeout: 240_000,
}, async (t) => {
  using operator = newOperator();
  const folder = join(operator.home, "upstream");
  mkdirSync(folder);
  const origin = await openGitOrigin(folder, `Basic ${Buffer.from(`bot:${TOKEN}`).toString("base64")}`);
  t.after(() => origin.close());
  const name = `push-${process.pid}`;
  const branch = `bot/${name}/x`;
  const upstream = (...args: string[]) =>
    spawnSync("git", ["-c", "safe.directory=*", "-C", origin.bare, ...args], { encoding: "utf8" }).stdout.trim();
  const subjects = () => upstream("log", "--format=%s", branch, "--");
  operator.writeManifest(originManifest(origin));
  const env = { UPSTREAM_TOKEN: TOKEN };
  const asked = join(folder, "asked");
  const go = join(folder, "go");
  /** The server waits in this hook until `go` is there. */
  const waitIn = (hook: string) => {
    for (const file of [asked, go]) rmSync(file, { force: true });
    rmSync(join(origin.bare, "hooks"), { recursive: true });
    mkdirSync(join(origin.bare, "hooks"));
    const script = `#!/bin/sh\n: >${asked}\nwhile [ ! -e ${go} ]; do sleep 0.05; done\n`;
    writeFileSync(join(origin.bare, "hooks", hook), script, { mode: 0o755 });
  };
  const kill = async (child: ChildProcess) => {
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
    writeFileSync(go, "");
    await eventually("all of its programs have ended", () => programsOf(operator.home).length === 0);
  };
  const run = async (script: string) => {
    const { code, stdout, stderr } = await operator.bottle(
      ["resume", name, "-p", `exec 2>&1; set -e; cd "$HOME/r"\n${script}`],
      { env },
    );
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  const here = 'git ls-remote origin "refs/heads/bot/*" | cut -f1; git rev-parse HEAD';
  const push = (subject: string) => `git commit -q --allow-empty -m ${subject}; git push -q origin HEAD`;

  // While: it has all that it needs, and has not decided.
  waitIn("pre-receive");
  const clone = `cd "$HOME"; git clone -q ${originUrl(origin)} r; cd r; git checkout -qb ${branch}`;
  const first = operator.spawn(["start", "shell", "--name", name, "-p", `${clone}\n${push("one")}`], env);
  await eventually("the server was asked", () => existsSync(asked));
  await kill(first);
  const gate = join(operator.home, ".local/state/bot-bottle/bottles", name, "git/app.git");
  assert.ok(["", "one\nfirst"].includes(subjects()), subjects());
  rmSync(join(origin.bare, "hooks"), { recursive: true });
  mkdirSync(join(origin.bare, "hooks"));
  const shown = await run(`git ls-remote origin "refs/heads/bot/*" | cut -f1; git push -q origin HEAD; ${here}`);
  const tip = upstream("rev-parse", branch);
  assert.match(shown, new RegExp(`^(?:${tip}\n)?${tip}\n${tip}\n$`));
  assert.equal(subjects(), "one\nfirst");

  // After: it has moved its refs, and its answer has not come.
  waitIn("post-receive");
  const script = `exec 2>&1; cd "$HOME/r"; ${push("two")}`;
  const second = operator.spawn(["resume", name, "-p", script], env);
  await eventually("the server has it", () => existsSync(asked));
  await kill(second);
  assert.equal(subjects(), "two\none\nfirst");
  const seen = await run(`git push -q origin HEAD; ${here}`);
  assert.equal(seen, `${upstream("rev-parse", branch)}\n`.repeat(2));

  // Before: it waits for the operator, in quarantine.
  const held =
    "mkdir -p .github/workflows; echo x >.github/workflows/ci.yml; git add .; git commit -qm ci; git push -q";
  const third = operator.spawn(["resume", name, "-p", `exec 2>&1; cd "$HOME/r"; ${held} origin HEAD`], env);
  await eventually("it waits", async () => (await operator.bottle(["approvals"])).stdout.includes("PUSH"));
  await kill(third);
  assert.equal(subjects(), "two\none\nfirst");
  assert.doesNotMatch((await operator.bottle(["approvals"])).stdout, /PUSH/);
  const last = await run(`git reset -q --hard HEAD~1; ${push("three")}; ${here}`);
  assert.equal(last, `${upstream("rev-parse", branch)}\n`.repeat(2));
  assert.equal(subjects(), "three\ntwo\none\nfirst");

  const left = readdirSync(gate, { recursive: true }).map(String);
  assert.deepEqual(
    left.filter((file) => /\.lock$|tmp_|incoming/.test(file)),
    [],
  );
  assert.equal(spawnSync("git", ["-C", gate, "-c", "safe.directory=*", "fsck", "--connectivity-only"]).status, 0);
  const log = (await operator.bottle(["git", "log", name])).stdout;
  assert.match(log, / accepted: /);
  assert.equal((await operator.bottle(["audit", "--verify", name])).code, 0);
  assert.equal((await operator.bottle(["rm", "--discard", name])).code, 0);
  assert.deepEqual(await remainsOf(operator, [name]), []);
});
