import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { useUnseenFolder } from "../../support/docker/unseen-folder.ts";
import { docker } from "../../support/docker-engine.ts";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const need = { skip: skipWithout("docker", "docker-images", "docker-unseen", "git") };
useUnseenFolder();

const git = (operator: Operator, ...args: readonly string[]) =>
  execFileSync("git", ["-C", operator.workspace, ...args], {
    encoding: "utf8",
    env: { ...operator.env, GIT_CONFIG_NOSYSTEM: "1" },
  });

/** Names of the volumes of a bottle. */
const volumesOf = (name: string): readonly string[] =>
  docker(["volume", "ls", "--quiet", "--filter", `label=bot-bottle.bottle=${name}`])
    .split("\n")
    .filter((line) => line !== "");

const run = async (operator: Operator, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await operator.bottle(args);
  assert.equal(code, 0, `bottle ${args.join(" ")}: ${stderr}`);
  return stdout;
};

test("an engine that does not see this machine's files: a day with a repository, from start to rm", need, async () => {
  using operator = newOperator();
  const name = `away-${process.pid}`;
  // git trusts a repository of its own user's only.
  chownSync(operator.workspace, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  writeFileSync(join(operator.home, ".gitconfig"), "[user]\nname = o\nemail = o@example.invalid\n");
  git(operator, "init", "--quiet", "--initial-branch=main");
  mkdirSync(join(operator.workspace, "deep"));
  writeFileSync(join(operator.workspace, "deep", "ü x"), "odd\n");
  symlinkSync("deep/ü x", join(operator.workspace, "link"));
  git(operator, "add", "--all");
  git(operator, "commit", "--quiet", "--message=one");
  writeFileSync(join(operator.workspace, "README"), "not committed\n");

  const script =
    "cat README link; git log --oneline | wc -l; echo by the agent >made; git add made; git -c user.name=a -c user.email=a@example.invalid commit -qm agent; echo loose >loose; echo kept >~/kept; echo up; sleep 300";
  const host = operator.spawn(["start", "shell", "--backend", "docker", "--name", name, "-p", script]);
  host.stdin?.end();
  const ended = once(host, "close");
  let out = "";
  let said = "";
  host.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await new Promise<void>((resolve, reject) => {
    host.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.endsWith("up\n")) resolve();
    });
    host.once("close", () => reject(new Error(said)));
  });
  assert.equal(out, "not committed\nodd\n2\nup\n");
  assert.equal(volumesOf(name).length, 3);
  assert.equal(
    await run(operator, "exec", name, "--", "cat", "/etc/resolv.conf", "made").then((text) => text.split("\n").at(-2)),
    "by the agent",
  );
  assert.match(await run(operator, "diff", name), /^\+loose$/m, "of one that runs");
  writeFileSync(join(operator.home, "brought"), "brought\n");
  await run(operator, "cp", join(operator.home, "brought"), `${name}:brought`);

  await run(operator, "stop", "--grace", "0", name);
  await ended;
  assert.equal(volumesOf(name).length, 2, "home and workspace stay");
  const folder = join(operator.home, ".local/state/bot-bottle/bottles", name);
  for (const part of ["home", "workspace"]) assert.deepEqual(readdirSync(join(folder, part)), [], part);

  const diff = await run(operator, "diff", name);
  for (const line of ["+by the agent", "+loose", "+brought"]) assert.ok(diff.split("\n").includes(line), diff);
  assert.equal(await run(operator, "cp", `${name}:loose`, join(operator.home, "out")), "");
  assert.equal(readFileSync(join(operator.home, "out"), "utf8"), "loose\n");

  assert.equal(await run(operator, "resume", name, "-p", "cat ~/kept made; echo more >>loose"), "kept\nby the agent\n");
  await run(operator, "diff", name);
  await run(operator, "apply", name);
  assert.equal(readFileSync(join(operator.workspace, "loose"), "utf8"), "loose\nmore\n");
  assert.equal(git(operator, "log", "-1", "--format=%s"), "agent\n");

  await run(operator, "rm", name);
  assert.deepEqual(volumesOf(name), []);
  assert.ok(!existsSync(folder));
});

test(
  "an engine elsewhere: work that has not landed is kept in the archive, and only what is here goes with a volume",
  need,
  async () => {
    using operator = newOperator();
    const name = `kept-${process.pid}`;
    await run(
      operator,
      "start",
      "shell",
      "--backend",
      "docker",
      "--name",
      name,
      "-p",
      "echo new >new; echo changed >README",
    );
    const { code, stderr } = await operator.bottle(["rm", name]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /had not landed is kept/);
    const archive = join(operator.home, ".local/state/bot-bottle/archive");
    const files = readdirSync(join(archive, readdirSync(archive)[0] ?? ""));
    assert.ok(files.includes("work.bundle") && !files.includes("volumes.json"), files.join(" "));
    assert.deepEqual(volumesOf(name), []);
  },
);

test(
  "an engine elsewhere: a folder cannot be bound, a socket cannot be reached, and a lost volume is said",
  need,
  async () => {
    using operator = newOperator();
    const name = `refused-${process.pid}`;
    const start = (...more: readonly string[]) =>
      operator.bottle(["start", "shell", "--backend", "docker", "--name", name, ...more, "-p", "true"]);
    const bound = await start("--workspace", "bind");
    assert.equal(bound.code, 2, bound.stderr);
    assert.match(
      bound.stderr,
      /project cannot be bound into a container: the engine does not see this machine's files/,
    );
    await run(operator, "rm", "--discard", name);
    operator.writeManifest(JSON.stringify({ bottles: { default: { backend: "docker", placement: "socket" } } }));
    const socket = await start();
    assert.equal(socket.code, 3, socket.stderr);
    assert.match(socket.stderr, /nor a socket among them/);
    await run(operator, "rm", "--discard", name);
    operator.writeManifest("{}");

    assert.equal((await start()).code, 0);
    docker(["volume", "rm", volumesOf(name).find((volume) => volume.includes("-home-")) ?? ""]);
    const again = await operator.bottle(["resume", name, "-p", "true"]);
    assert.equal(again.code, 4, again.stderr);
    assert.match(again.stderr, /the engine has lost the home of/);
    await run(operator, "rm", "--discard", name);
    assert.deepEqual(volumesOf(name), []);
  },
);

test(
  "an engine elsewhere: prune removes what a bottle kept whose folder is gone, and nothing of one that is there",
  need,
  async () => {
    using operator = newOperator();
    const [gone, there] = [`gone-${process.pid}`, `there-${process.pid}`];
    for (const name of [gone, there])
      await run(operator, "start", "shell", "--backend", "docker", "--name", name, "-p", "true");
    rmSync(join(operator.home, ".local/state/bot-bottle/bottles", gone), { recursive: true });
    const env = { BOT_BOTTLE_BACKEND: "docker" };
    const { code, stderr } = await operator.bottle(["prune"], { env });
    assert.equal(code, 0, stderr);
    assert.deepEqual([volumesOf(gone).length, volumesOf(there).length], [0, 2]);
    await run(operator, "rm", there);
    assert.deepEqual(volumesOf(there), []);
  },
);

test(
  "an engine elsewhere that is gone for good: rm names the file by which a bottle is let go without it",
  need,
  async () => {
    using operator = newOperator();
    const name = `forsaken-${process.pid}`;
    await run(operator, "start", "shell", "--backend", "docker", "--name", name, "-p", "true");
    const file = join(operator.home, ".local/state/bot-bottle/bottles", name, "volumes.json");
    const stored = JSON.parse(readFileSync(file, "utf8")) as { engine: { env: Record<string, string> } };
    stored.engine.env.DOCKER_HOST = "tcp://127.0.0.1:1";
    writeFileSync(file, JSON.stringify(stored));
    const { code, stderr } = await operator.bottle(["rm", "--discard", name]);
    assert.equal(code, 5, stderr);
    assert.match(stderr, /could not be removed: .*the Docker engine does not answer/);
    assert.match(stderr, /if that engine is gone for good, remove volumes.json from the bottle's state folder/);
    rmSync(file);
    await run(operator, "rm", "--discard", name);
    docker(["volume", "rm", ...volumesOf(name)]);
  },
);

test("an engine elsewhere: doctor says so", need, async () => {
  using operator = newOperator();
  const { stdout } = await operator.bottle(["doctor"]);
  assert.match(stdout, /the engine does not see this machine's files/);
});
