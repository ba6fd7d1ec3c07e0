import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ordinaryUser, programPath, skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const bottles = { skip: skipWithout("bubblewrap", "git") };

function git(operator: Operator, ...args: readonly string[]): string {
  const result = spawnSync(programPath("git") ?? "git", ["-C", operator.workspace, ...args], {
    env: operator.env,
    encoding: "utf8",
  });
  assert.equal(result.status, 0, `git ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.trim();
}

/** An operator with a repository of one commit, and a file that is not committed. */
function withRepository(): Operator {
  const operator = newOperator();
  writeFileSync(
    join(operator.home, ".gitconfig"),
    "[user]\nname = Olga\nemail = olga@example.com\n[safe]\ndirectory = *\n",
  );
  git(operator, "init", "-q", "-b", "main");
  git(operator, "add", "-A");
  git(operator, "commit", "-q", "-m", "first");
  writeFileSync(join(operator.workspace, "draft"), "mine\n");
  if (process.getuid?.() === 0) {
    const { uid, gid } = ordinaryUser();
    chownSync(join(operator.workspace, "draft"), uid, gid);
  }
  return operator;
}

const AGENT = "git -c user.name=A -c user.email=a@b";

test(
  "start, diff, apply: the agent's commit arrives, what it did not commit too, and nothing of it is kept here",
  bottles,
  async () => {
    using operator = withRepository();
    const script = `echo more >>README; ${AGENT} commit -qam agent; echo x >new; ${AGENT} branch idea HEAD~1`;
    const started = await operator.bottle(["start", "shell", "--name", "w", "-p", script]);
    assert.equal(started.code, 0, started.stderr);
    const shown = await operator.bottle(["diff", "w"]);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^\+more$[\s\S]*^\+x$/m);
    assert.doesNotMatch(shown.stdout, /mine/);
    const applied = await operator.bottle(["apply", "w"]);
    assert.equal(applied.code, 0, applied.stderr);
    assert.equal(git(operator, "log", "--format=%s|%an|%cn"), "agent|A|Olga\nfirst|Olga|Olga");
    assert.equal(git(operator, "status", "--porcelain"), "?? draft\n?? new");
    assert.match(readFileSync(join(operator.workspace, "README"), "utf8"), /more/);
    const folder = join(operator.home, ".local/state/bot-bottle/bottles/w");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("quarantine")),
      [],
    );
    const removed = await operator.bottle(["rm", "w"]);
    assert.equal(removed.code, 0, removed.stderr);
  },
);

test("diff and apply work while the agent runs", bottles, async () => {
  using operator = withRepository();
  const running = operator.spawn(["start", "shell", "--name", "w", "-p", "echo begun; sleep 60"]);
  try {
    await eventually("the agent has begun", async () =>
      (await operator.bottle(["logs", "w"])).stdout.includes("begun"),
    );
    const made = await operator.bottle(["exec", "w", "--", "sh", "-c", "echo live >live"]);
    assert.equal(made.code, 0, made.stderr);
    assert.match((await operator.bottle(["diff", "w"])).stdout, /^\+live$/m);
    const applied = await operator.bottle(["apply", "w"]);
    assert.equal(applied.code, 0, applied.stderr);
    assert.equal(git(operator, "status", "--porcelain"), "?? draft\n?? live");
  } finally {
    await operator.bottle(["rm", "--force", "w"]);
    running.kill("SIGTERM");
  }
});

test("bug: an apply of what has landed said that 0 commits were applied", bottles, async () => {
  using operator = withRepository();
  const script = `echo more >>README; ${AGENT} commit -qam agent; echo x >new`;
  const started = await operator.bottle(["start", "shell", "--without-cgroup", "--name", "w", "-p", script]);
  assert.equal(started.code, 0, started.stderr);
  const apply = async (...words: readonly string[]) => (await operator.bottle(["apply", "w", ...words])).stdout;
  assert.match(await apply(), /^applied [0-9a-f]{12}: 1 commit onto main, 2 files written; kept as/);
  const nothing = /^nothing new: [0-9a-f]{12} has landed already; kept as refs\/bottle\/w\/[0-9a-f]{12}$/m;
  for (const words of [[], ["--dry-run"], ["--patch"]]) assert.match(await apply(...words), nothing, words.join());
  assert.match(await apply("--branch", "side"), /^applied [0-9a-f]{12}: 2 commits onto side; kept/);
  assert.match(await apply("--branch", "side"), nothing);
  const more = await operator.bottle(["resume", "w", "-p", "echo y >other"]);
  assert.equal(more.code, 0, more.stderr);
  assert.match(await apply(), /^applied [0-9a-f]{12}: 1 file written; kept as/);
  assert.equal((await operator.bottle(["rm", "w"])).code, 0);
});
