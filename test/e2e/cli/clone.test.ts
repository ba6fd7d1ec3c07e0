import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { eventually, newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl", "git");

/** A script of the operator's in their project, which is a repository with one commit. */
function project(operator: Operator, script = ":"): void {
  writeFileSync(join(operator.home, ".gitconfig"), "[user]\n\tname = Op\n\temail = o@p\n[safe]\n\tdirectory = *\n");
  const all = `git init -q -b main && git add -A && git commit -qm first && ${script}`;
  const { status, stderr } = spawnSync("/bin/sh", ["-ec", all], { cwd: operator.workspace, env: operator.env });
  assert.equal(status, 0, String(stderr));
}

/** Is this the command line of a cage's process, or of an engine's client that holds a container, of this kind? */
function isOf(words: readonly string[], bottle: string, kind: "workshop" | null): boolean {
  if (words[0]?.endsWith("/docker")) {
    return words.some((word) => word.startsWith(`bot-bottle-${kind ?? ""}`) && word.includes(`-${bottle}.`));
  }
  // A client of smolvm.
  const machine = words[words.indexOf("machine") + 1] === "exec" ? words[words.indexOf("--name") + 1] : undefined;
  if (machine?.startsWith("bb_") === true) {
    return new RegExp(`^bb_${kind ?? "(?:cage|workshop)"}_${bottle}_`).test(machine);
  }
  const tagged = words[words.indexOf("BOT_BOTTLE") + 1]?.startsWith(`${bottle}.`) && words.includes("--setenv");
  return tagged === true && (kind === null || words.includes(kind));
}

/** Processes of the workshops and cages of this bottle. */
function processesOf(bottle: string, kind: "workshop" | null = null): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "latin1").split("\0");
        return isOf(words, bottle, kind) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

test("in a repository the agent gets a clone at the operator's own path, where git works as usual", {
  skip,
}, async () => {
  using operator = newOperator();
  project(operator, "mkdir sub && echo new >sub/new && echo changed >README");
  const script =
    "pwd; cat new ../README; git status --porcelain; git log --format=%s; git config user.name a; git config user.email a@b; git commit -qam more --allow-empty && echo done";
  const run = await operator.bottle(["start", "shell", join(operator.workspace, "sub"), "-p", script]);
  assert.equal(
    run.stdout,
    `${operator.workspace}/sub\nnew\nchanged\nWork that was not committed when the bottle started\nfirst\ndone\n`,
    run.stderr,
  );
  assert.equal(readFileSync(join(operator.workspace, "README"), "utf8"), "changed\n");
});

test("row 145: git's variables in the operator's environment lead a start nowhere", { skip }, async () => {
  using operator = newOperator();
  project(operator, "git init -q ../private; cd ../private; echo topsecret >key; git add .; git commit -qm private");
  const ran = join(operator.home, "ran");
  const evil = join(operator.home, "git");
  writeFileSync(evil, `#!/bin/sh\necho "$0" >>${ran}\n`, { mode: 0o755 });
  const hidden = join(operator.home, "private");
  const env = {
    GIT_DIR: join(hidden, ".git"),
    GIT_WORK_TREE: hidden,
    GIT_INDEX_FILE: join(hidden, ".git/index"),
    GIT_OBJECT_DIRECTORY: join(hidden, ".git/objects"),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: join(hidden, ".git/objects"),
    GIT_EXEC_PATH: operator.home,
    GIT_TEMPLATE_DIR: hidden,
    GIT_EXTERNAL_DIFF: evil,
    GIT_SSH_COMMAND: evil,
    GIT_ASKPASS: evil,
    GIT_PAGER: evil,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.fsmonitor",
    GIT_CONFIG_VALUE_0: evil,
    PATH: `${operator.home}:${operator.env.PATH}`,
  };
  const run = await operator.bottle(
    [
      "start",
      "shell",
      "-p",
      "ls; git log --format=%s; env | grep -E '^GIT_(DIR|WORK|INDEX|OBJ|EXEC|CONFIG|PAGER|ASK)' || :",
    ],
    { env },
  );
  assert.equal(run.stdout, "README\nfirst\n", run.stderr);
  assert.ok(!existsSync(ran));
});

test("a start that ends while it clones leaves nothing: Ctrl-C, kill -9, and a workshop that is killed", {
  skip,
}, async () => {
  using operator = newOperator();
  // Git waits for ever in there: nobody writes into it.
  project(operator, "rm -f .git/packed-refs && mkfifo .git/packed-refs");
  const begin = async (name: string) => {
    const child = operator.spawn(["start", "shell", "--without-cgroup", "--name", name, "-p", "true"]);
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const own = join(operator.home, ".local/state/bot-bottle/bottles", name, "workspace/.git/info/exclude");
    await eventually("the clone has begun", () => existsSync(own));
    return { child, ended, said: () => said };
  };
  const gone = (name: string) => eventually("no process is left", () => processesOf(name).length === 0);

  const stopped = await begin("stopped");
  stopped.child.kill("SIGINT");
  assert.equal(await stopped.ended, 130, stopped.said());
  await gone("stopped");

  const hurt = await begin("hurt");
  const [workshop] = processesOf("hurt", "workshop");
  assert.ok(workshop !== undefined);
  process.kill(workshop, "SIGKILL");
  assert.notEqual(await hurt.ended, 0);
  assert.match(hurt.said(), /could not be read whole/);
  await gone("hurt");

  const killed = await begin("killed");
  killed.child.kill("SIGKILL");
  await killed.ended;
  await gone("killed");
  const pruned = await operator.bottle(["prune", "--all"]);
  assert.equal(pruned.code, 0, pruned.stderr);
  for (const name of ["stopped", "hurt", "killed"]) await operator.bottle(["rm", "--force", name]);
  const state = join(operator.home, ".local/state/bot-bottle/bottles");
  assert.deepEqual(readdirSync(state), []);
  assert.equal((await operator.bottle(["prune"])).code, 0);
});
