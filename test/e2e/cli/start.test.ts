import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const bottles = (operator: Operator) => join(operator.home, ".local/state/bot-bottle/bottles");

test("a headless agent: stdout is its answer, the exit code is its own, 128+n for a signal", { skip }, async () => {
  using operator = newOperator();
  const plain = await operator.bottle(["start", "shell", "-p", "echo answer; echo talk >&2; exit 7"]);
  assert.equal(plain.stdout, "answer\n");
  assert.match(plain.stderr, /^talk$/m);
  assert.equal(plain.code, 7);
  assert.equal((await operator.bottle(["start", "shell", "-p", "kill -9 $$"])).code, 137);
});

test("a headless run ends with its agent, not with a server that the agent left running", { skip }, async () => {
  using operator = newOperator();
  const run = await operator.bottle(["start", "shell", "-p", "sleep 600.25 & echo served"]);
  assert.deepEqual([run.code, run.stdout], [0, "served\n"]);
});

test("row 87: the agent works on a private copy, gets what stands after -- and what is piped in", {
  skip,
}, async () => {
  using operator = newOperator();
  const script =
    'cat README; cat; echo "$@"; echo changed > README; mkdir -p .git/hooks; echo x > .git/hooks/pre-commit';
  const run = await operator.bottle(["start", "shell", "-p", script, "--", "--model", "x y"], {
    stdin: "piped\n",
  });
  assert.equal(run.stdout, "a project\npiped\n--model x y\n");
  assert.equal(readFileSync(join(operator.workspace, "README"), "utf8"), "a project\n");
  assert.deepEqual(readdirSync(operator.workspace), ["README"]);
});

test("row 145: at a start nothing of the project runs here: no program of its folders, no setting of its repository", {
  skip,
}, async () => {
  using operator = newOperator();
  const ran = join(operator.home, "ran");
  const trap = `#!/bin/sh\necho "$0" >>'${ran}'\n`;
  const programs = join(operator.workspace, "node_modules/.bin");
  const git = join(operator.workspace, ".git");
  for (const folder of [programs, join(git, "objects"), join(git, "refs")]) mkdirSync(folder, { recursive: true });
  const names = ["bash", "bwrap", "env", "git", "node", "nsenter", "perl", "script", "setpriv", "sh", "tar"];
  for (const folder of [operator.workspace, programs]) {
    for (const name of names) writeFileSync(join(folder, name), trap, { mode: 0o755 });
  }
  writeFileSync(join(git, "HEAD"), "ref: refs/heads/main\n");
  writeFileSync(join(git, "config"), `[core]\n\tfsmonitor = ${join(operator.workspace, "git")}\n`);
  const env = { PATH: `.:node_modules/.bin:${operator.env.PATH}` };
  const run = await operator.bottle(["start", "shell", "-p", "echo inside"], { env });
  assert.deepEqual([run.code, run.stdout], [0, "inside\n"], run.stderr);
  assert.equal(existsSync(ran), false, existsSync(ran) ? readFileSync(ran, "utf8") : "");
});

test("--dry-run prints the whole plan, as JSON too, and creates nothing", { skip }, async () => {
  using operator = newOperator();
  const before = readdirSync(operator.home);
  const run = await operator.bottle(["start", "shell", "--dry-run", "--format", "json", "--allow", "docs.example.com"]);
  assert.equal(run.code, 0, run.stderr);
  const plan = JSON.parse(run.stdout);
  assert.equal(plan.backend, process.env.BOT_BOTTLE_BACKEND ?? "bubblewrap");
  assert.equal(plan.workspace.mode, "copy");
  assert.deepEqual(
    plan.rules.map((rule: { host: string }) => rule.host),
    ["docs.example.com"],
  );
  assert.match((await operator.bottle(["start", "shell", "--dry-run"])).stdout, /copy of/);
  assert.deepEqual(readdirSync(operator.home), before);
});

test("a manifest with problems: exit 3, all of them, with file, line and column", { skip }, async () => {
  using operator = newOperator();
  operator.writeManifest('{\n  "bottles": { "default": { "egres": {}, "limits": { "cpus": -1 } } }\n}\n');
  const run = await operator.bottle(["start", "shell", "-p", "true"]);
  assert.equal(run.code, 3);
  assert.match(run.stderr, /bot-bottle\.json:2:\d+/);
  assert.match(run.stderr, /egress/);
  assert.match(run.stderr, /cpus/);
  assert.equal(run.stderr.split("limits.cpus").length - 1, 1, `told twice:\n${run.stderr}`);
});

test("problems of a definition that a start does not use are notes, said once", { skip }, async () => {
  using operator = newOperator();
  operator.writeManifest('{ "bottles": { "other": { "limits": { "cpus": -1 } } } }');
  const run = await operator.bottle(["start", "shell", "-p", "true"]);
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(run.stderr.match(/^bottle: note: .*cpus.*$/gm)?.length, 1, run.stderr);
  assert.equal((await operator.bottle(["start", "shell", "/", "-p", "true"])).stderr.includes("cpus"), false);
});

test("errors before the agent runs: message, code and one line on how to mend it; exit 2, 3 or 4", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest(
    JSON.stringify({
      bottles: {
        env: { credentials: { k: { source: { env: "EMPTY" }, hosts: ["a.example.com"], scheme: "bearer" } } },
        file: { credentials: { k: { source: { file: "~/none" }, hosts: ["a.example.com"], scheme: "bearer" } } },
      },
      agents: { env: { provider: "shell", bottle: "env" }, file: { provider: "shell", bottle: "file" } },
    }),
  );
  const go = ["-p", "true"];
  for (const [words, code, said] of [
    [["start", "claud", "-p", "hi"], 2, /no agent is called claud \[AGENT_UNKNOWN\]\n {2}did you mean claude/],
    [["start", "claud"], 2, /no agent is called claud \[AGENT_UNKNOWN\]\n {2}did you mean claude/],
    [["start", "shell"], 2, /terminal .*\[USAGE\]\n {2}.*-p/],
    [["start", "shell", "/", ...go], 2, /(home|root) folder.* \[WORKSPACE_REFUSED\]\n {2}start it in/],
    [["start", "shell", "none", ...go], 2, /none does not exist \[WORKSPACE_REFUSED\]\n {2}name the folder/],
    [["start", "shell", "README", ...go], 2, /README is not a folder \[WORKSPACE_REFUSED\]\n {2}name the folder/],
    [["start", "shell", "--name", "Bad!", ...go], 2, /Bad! cannot be .*\[USAGE\]\n {2}/],
    [["start", "shell", "--label", "odd", ...go], 2, /key=value, not odd \[USAGE\]\n {2}.*--label team=core/],
    [["start", "shell", "--label", "?=x", ...go], 2, /label \?: .* \[USAGE\]\n {2}/],
    [["start", "shell", "--allow", "a/b", ...go], 2, /--allow a\/b: .* \[USAGE\]\n {2}/],
    [["start", "shell", "--backend", "none", ...go], 2, /called none \[USAGE\]\n {2}--backend takes bubblewrap/],
    [["start", "shell", "--format", "json", ...go], 2, /--dry-run was not given \[USAGE\]\n {2}add --dry-run/],
    [["start", "shell", "--command", "x", ...go], 4, /\[AGENT_BINARY_MISSING\]\n {2}name a program there/],
    [["start", "claude", "--command", "x", ...go], 4, /absolute path \[AGENT_BINARY_MISSING\]\n {2}--command/],
    [["start", "claude", "--command", "/x", ...go], 4, /not exist \[AGENT_BINARY_MISSING\]\n {2}--command/],
    [["start", "env", ...go], 3, /EMPTY is empty \[SECRET_UNRESOLVED\]\n {2}export EMPTY with/],
    [["start", "file", ...go], 3, /none is missing \[SECRET_UNRESOLVED\]\n {2}write the value/],
    [["stop", "--grace", "x", "a"], 2, /--grace takes.* \[USAGE\]\n {2}bottle help/],
    [["ls", "--", "foo"], 2, /^bottle: too many arguments.* \[USAGE\]\n {2}bottle help ls/],
    [["strat"], 2, /^bottle: unknown command 'strat' \[USAGE\]\n {2}Did you mean start\?/],
  ] as const) {
    const run = await operator.bottle(words, { env: { EMPTY: "" } });
    assert.match(run.stderr, said, words.join(" "));
    assert.equal(run.code, code, words.join(" "));
    assert.doesNotMatch(run.stderr, /ENOENT|realpath|cause:/);
    assert.equal(run.stdout, "");
  }
});

const SERVICE_VALUE = "zq8-0f7c1d2e3b4a5968-service";

/** A manifest with one credential, whose value is in the variable that the second part holds. */
function withService(operator: Operator): Record<string, string> {
  operator.writeManifest(
    JSON.stringify({
      bottles: {
        default: {
          credentials: {
            service: {
              source: { env: "SERVICE_KEY" },
              hosts: ["api.example.com"],
              scheme: "bearer",
              variable: "SERVICE_KEY",
            },
          },
          egress: { rules: [{ host: "api.example.com" }] },
        },
      },
    }),
  );
  return { SERVICE_KEY: SERVICE_VALUE };
}

test("row 155: a prompt, an argument or a label with the value of a credential is refused, and nothing is made", {
  skip,
}, async () => {
  using operator = newOperator();
  const env = withService(operator);
  for (const words of [
    ["-p", `echo ${SERVICE_VALUE}`],
    ["-p", "true", "--", Buffer.from(`:${SERVICE_VALUE}`).toString("base64")],
    ["-p", "true", "--label", `t=${SERVICE_VALUE}`],
  ]) {
    const run = await operator.bottle(["start", "shell", ...words], { env });
    assert.equal(run.code, 3, run.stderr);
    assert.match(run.stderr, /credential service stands in .*(prompt|label t)/);
    assert.ok(!run.stderr.includes(SERVICE_VALUE));
    assert.equal(existsSync(bottles(operator)), false);
  }
});

test("a workspace that holds the value of a credential is refused, copied or bound", { skip }, async () => {
  using operator = newOperator();
  const env = withService(operator);
  const value = SERVICE_VALUE;
  const clean = await operator.bottle(["start", "shell", "--rm", "-p", "echo $SERVICE_KEY"], { env });
  assert.equal(clean.code, 0, clean.stderr);
  assert.notEqual(clean.stdout.trim(), value);
  assert.equal(clean.stdout.trim().length > 8, true, "the bottle sees a placeholder");
  writeFileSync(join(operator.workspace, ".env"), `KEY=${Buffer.from(value).toString("base64")}\n`);
  for (const mode of ["copy", "bind"]) {
    const words = ["--rm", "--workspace", mode, "-p", "touch ran"];
    const leaky = await operator.bottle(["start", "shell", ...words], { env });
    assert.equal(leaky.code, 3, `${mode}: ${leaky.stderr}`);
    assert.match(leaky.stderr, /credential service/);
    assert.ok(!leaky.stderr.includes(value));
    assert.equal(existsSync(join(operator.workspace, "ran")), false, mode);
  }
});

test("row 89: of a workspace in which a credential was found nothing stays, and nothing can be resumed", {
  skip,
}, async () => {
  using operator = newOperator();
  const env = withService(operator);
  writeFileSync(join(operator.workspace, ".env"), SERVICE_VALUE);
  const leaky = await operator.bottle(["start", "shell", "--name", "leaky", "-p", "cat .env"], { env });
  assert.match(leaky.stderr, /SECRET_EXPOSED/);
  assert.deepEqual(readdirSync(bottles(operator)), []);
  const again = await operator.bottle(["resume", "leaky", "-p", "cat .env"], { env });
  assert.match(again.stderr, /BOTTLE_NOT_FOUND/);
  assert.equal(again.stdout, "");
});

test("a start that fails halfway names the folder that it leaves; with --rm it leaves none", { skip }, async () => {
  using operator = newOperator();
  const dotGit = join(operator.workspace, ".git");
  for (const name of ["objects", "refs/heads"]) mkdirSync(join(dotGit, name), { recursive: true });
  writeFileSync(join(dotGit, "HEAD"), `${"1".repeat(40)}\n`);
  const words = ["start", "shell", "-p", "true", "--name", "halfway"];
  const kept = await operator.bottle(words);
  assert.equal(kept.code, 5);
  assert.match(
    kept.stderr,
    /^bottle: halfway failed to start; bottle audit halfway .*, bottle rm halfway removes it$/m,
  );
  assert.equal((await operator.bottle(["audit", "halfway"])).code, 0);
  const taken = await operator.bottle(words);
  assert.match(taken.stderr, /NAME_TAKEN/);
  assert.doesNotMatch(taken.stderr, /failed to start/);
  assert.equal((await operator.bottle(["rm", "halfway"])).code, 0);
  const removed = await operator.bottle([...words, "--rm"]);
  assert.equal(removed.code, 5);
  assert.doesNotMatch(removed.stderr, /failed to start/);
  assert.deepEqual(readdirSync(bottles(operator)), []);
});

test("row 140: a git worktree is bound to no agent, and where its .git leads nowhere only a copy is given", {
  skip,
}, async () => {
  using operator = newOperator();
  writeFileSync(join(operator.workspace, ".git"), "gitdir: /srv/app/.git/worktrees/one\n");
  const bound = await operator.bottle(["start", "shell", "--workspace", "bind", "-p", "true"]);
  assert.equal(bound.code, 2);
  assert.match(bound.stderr, /git worktree[\s\S]*private copy/);
  const elsewhere = await operator.bottle(["start", "shell", "-p", "true"]);
  assert.equal(elsewhere.code, 2);
  assert.match(elsewhere.stderr, /leads to no repository[\s\S]*--workspace copy/);
  assert.equal((await operator.bottle(["start", "shell", "--workspace", "copy", "-p", "true"])).code, 0);
});

test("sockets of a workspace are named: they are not in a copy, and can be reached in a bind", { skip }, async () => {
  using operator = newOperator();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(operator.workspace, "daemon.sock"), resolve));
  try {
    const copied = await operator.bottle(["start", "shell", "-p", "ls"]);
    assert.deepEqual([copied.code, copied.stdout], [0, "README\n"], copied.stderr);
    assert.match(copied.stderr, /^bottle: note: sockets are not copied: \.\/daemon\.sock$/m);
    const bound = await operator.bottle(["start", "shell", "--workspace", "bind", "-p", "true"]);
    assert.equal(bound.code, 0, bound.stderr);
    assert.match(bound.stderr, /^bottle: note: the agent can talk to what listens on \.\/daemon\.sock$/m);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a host that is not listed: 403 with a reason inside, a line in the audit log outside", {
  skip: skipWithout("bubblewrap", "curl"),
}, async () => {
  using operator = newOperator();
  const run = await operator.bottle([
    "start",
    "shell",
    "--name",
    "asker",
    "-p",
    "curl -sS -i https://not-listed.example/ || true; curl -s http://not-listed.example/",
  ]);
  assert.match(run.stdout + run.stderr, /403/);
  assert.match(run.stdout, /host-not-listed/);
  const denied = await operator.bottle(["audit", "asker", "--denied"]);
  assert.match(denied.stdout, /not-listed\.example:443/);
  const probes = denied.stdout.split("\n").filter((line) => line.includes("the seal check's own probe"));
  assert.equal(probes.length, 1, denied.stdout);
  assert.match(probes[0] ?? "", /seal-check\.invalid:443/);
  assert.equal((await operator.bottle(["audit", "asker", "--verify"])).code, 0);
  const log = join(bottles(operator), "asker", "audit.jsonl");
  writeFileSync(log, readFileSync(log, "utf8").replace("not-listed", "not-1isted"));
  const broken = await operator.bottle(["audit", "asker", "--verify"]);
  assert.equal(broken.code, 5);
});

test("what the operator should know is said at the start, and nothing where there is nothing", { skip }, async () => {
  using operator = newOperator();
  const plain = await operator.bottle(["start", "shell", "--rm", "-p", "true"]);
  const { risks } = JSON.parse((await operator.bottle(["start", "shell", "--dry-run", "--format", "json"])).stdout);
  assert.equal(plain.stderr.includes("bottle: note:"), risks.length > 0, plain.stderr);
  const bound = await operator.bottle(["start", "shell", "--rm", "--workspace", "bind", "-p", "true"]);
  assert.equal(bound.code, 0, bound.stderr);
  assert.match(bound.stderr, /^bottle: note: bind: the agent writes in .*project itself/m);
});
