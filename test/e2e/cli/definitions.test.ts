import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");
const manifestOf = (operator: Operator) => join(operator.home, ".config/bot-bottle/bot-bottle.json");
const projectOf = (operator: Operator) => join(operator.workspace, "bot-bottle.json");

test("init writes a commented manifest that a start can use, says the path and what comes next", { skip }, async () => {
  using operator = newOperator();
  const words = ["init", "--agent", "dev", "--provider", "shell", "--allow", "docs.example.com"];
  const made = await operator.bottle([
    ...words,
    "--allow",
    "api.example.com:8443",
    "--memory",
    "256M",
    "--cpus",
    "0.5",
  ]);
  assert.deepEqual([made.code, made.stdout], [0, `${manifestOf(operator)}\n`], made.stderr);
  assert.match(made.stderr, /next: .*bottle start dev/);
  assert.match(readFileSync(manifestOf(operator), "utf8"), /^\s*\/\/ /m);
  assert.equal(statSync(manifestOf(operator)).mode & 0o777, 0o600);
  const plan = JSON.parse((await operator.bottle(["plan", "dev", "--format", "json"])).stdout);
  assert.deepEqual(
    plan.rules.map((rule: { host: string; port: number }) => [rule.host, rule.port]),
    [
      ["docs.example.com", 443],
      ["api.example.com", 8443],
    ],
  );
  assert.deepEqual([plan.limits.memoryBytes, plan.limits.cpus], [256 * 1024 ** 2, 0.5]);
  assert.equal((await operator.bottle(["start", "dev", "--rm", "-p", "echo works"])).stdout, "works\n");
});

test("init never replaces what is there without --force, and then as a whole; a link is replaced, not followed", async () => {
  using operator = newOperator();
  operator.writeManifest("// mine\n{}\n");
  const refused = await operator.bottle(["init", "--agent", "dev"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /exists \[USAGE\]\n {2}.*--force/);
  assert.equal(readFileSync(manifestOf(operator), "utf8"), "// mine\n{}\n");

  const elsewhere = join(operator.home, "elsewhere");
  symlinkSync(elsewhere, projectOf(operator));
  assert.equal((await operator.bottle(["init", "--project"])).code, 2);
  assert.equal(existsSync(elsewhere), false);
  assert.equal((await operator.bottle(["init", "--project", "--force"])).code, 0);
  assert.deepEqual([lstatSync(projectOf(operator)).isFile(), existsSync(elsewhere)], [true, false]);
  const forced = await operator.bottle(["init", "--force", "--agent", "dev", "--format", "json"]);
  const { file, by, text } = JSON.parse(forced.stdout);
  assert.deepEqual([file, by, text], [manifestOf(operator), "operator", readFileSync(manifestOf(operator), "utf8")]);
  assert.deepEqual(readdirSync(operator.workspace).sort(), ["README", "bot-bottle.json"]);
});

test("init refuses what would be no sound manifest, and writes nothing", async () => {
  using operator = newOperator();
  for (const [words, said] of [
    [["--agent", "Bad Name"], /agents\["Bad Name"\]: a name has/],
    [["--agent", "../../x"], /a name has/],
    [["--agent", "a", "--provider", "claud"], /no built-in agent is called claud \(did you mean claude\?\)/],
    [["--allow", "nmp"], /no rule pack is called nmp; did you mean npm\?/],
    [["--allow", "*"], /egress\.rules\[0\]\.host/],
    [["--allow", "a.example.com:99999"], /port: too large/],
    [["--memory", "lots"], /limits\.memory/],
    [["--cpus", "many"], /--cpus takes a number/],
    [["--project", "--agent", "claude"], /the name claude is taken/],
    [["--project", "--bottle", "default"], /the name default is taken/],
    [["--project", "--operator"], /two files/],
    [["--project", "/nonexistent"], /is no folder/],
    [["somewhere"], /has its place in the configuration folder/],
  ] as const) {
    const run = await operator.bottle(["init", ...words]);
    assert.equal(run.code, 2, words.join(" "));
    assert.match(run.stderr, said);
  }
  assert.deepEqual([existsSync(manifestOf(operator)), existsSync(projectOf(operator))], [false, false]);
});

test("a project's manifest from init works at once; with a bottle of its own it needs trust, which init says", async () => {
  using operator = newOperator();
  assert.equal((await operator.bottle(["init", "--project", "--agent", "dev", "--provider", "shell"])).code, 0);
  const plain = await operator.bottle(["plan", "dev"]);
  assert.deepEqual([plain.code, plain.stderr], [0, ""]);
  const words = ["init", "--project", "--force", "--agent", "dev", "--provider", "shell", "--allow", "x.example.com"];
  const made = await operator.bottle(words);
  assert.match(made.stderr, /next: bottle trust \/.*project/);
  assert.equal((await operator.bottle(["plan", "dev"])).code, 3);
  assert.equal((await operator.bottle(["trust", "--yes"])).code, 0);
  const trusted = await operator.bottle(["plan", "dev"]);
  assert.equal(trusted.code, 0, trusted.stderr);
  assert.match(trusted.stdout, /https:\/\/x\.example\.com:443 .*\[project:0\]/);
  assert.match(trusted.stdout, /is said by the project, which you trusted: bottle dev/);
});

test("row 141: trust shows every key beyond the allow-list, escaped, and asks nobody where nobody can answer", async () => {
  using operator = newOperator();
  const evil = "\u001b[2J\u202emoc.elpmaxe";
  writeFileSync(
    projectOf(operator),
    JSON.stringify({
      bottles: {
        ci: {
          env: { COPY: `\${AWS_SECRET}`, PLAIN: evil },
          credentials: { k: { source: { env: "NPM_TOKEN" }, hosts: ["a.example.com"], scheme: "bearer" } },
          egress: { rules: [{ host: "a.example.com", methods: ["GET", "HEAD"], dial: { unix: "/run/docker.sock" } }] },
        },
      },
      agents: { dev: { provider: "shell", bottle: "ci", args: ["-x"], prompt: "hi", skills: ["s.md"] } },
    }),
  );
  writeFileSync(join(operator.workspace, "s.md"), "# skill\n");
  const asked = await operator.bottle(["trust"]);
  assert.deepEqual([asked.code, asked.stdout], [2, ""]);
  assert.match(asked.stderr, /trust is given on a terminal \[USAGE\]\n {2}--dry-run/);
  const shown = await operator.bottle(["trust", "--dry-run"]);
  assert.equal(shown.code, 0, shown.stderr);
  const lines = shown.stdout.split("\n").map((line) => line.trim());
  const at = (line: string) => {
    assert.ok(lines.includes(line), `${line}\n${shown.stdout}`);
    return lines.indexOf(line);
  };
  // The gravest first.
  assert.ok(at('bottles.ci.credentials.k.source.env = "NPM_TOKEN"') < at(`bottles.ci.env.COPY = "\${AWS_SECRET}"`));
  assert.ok(at(`bottles.ci.env.COPY = "\${AWS_SECRET}"`) < at('bottles.ci.egress.rules[0].host = "a.example.com"'));
  at('bottles.ci.egress.rules[0].methods = ["GET","HEAD"]');
  at('agents.dev.bottle = "ci"');
  at('agents.dev.args = ["-x"]');
  const refusedAt = at("refused all the same:");
  assert.ok(at('bottles.ci.egress.rules[0].dial.unix = "/run/docker.sock"') > refusedAt);
  assert.match(shown.stdout, /^ {2}s\.md {2}sha256 [0-9a-f]{64}$/m);
  assert.match(shown.stdout, /bottles\.ci\.egress\.rules\[0\]\.dial: a project's file may not say this/);
  assert.ok(!/[\u001b\u202e]/.test(shown.stdout));
  assert.equal(existsSync(join(operator.home, ".local/state/bot-bottle/trust")), false);
});

test("row 141: trust, a changed byte, a new trust, revoke: list, json and exit codes say so", async () => {
  using operator = newOperator();
  const write = (host: string) =>
    writeFileSync(
      projectOf(operator),
      JSON.stringify({
        bottles: { ci: { egress: { rules: [{ host }] } } },
        agents: { dev: { provider: "shell", bottle: "ci" } },
      }),
    );
  write("a.example.com");
  const first = await operator.bottle(["trust", operator.workspace, "--yes", "--format", "json"]);
  const survey = JSON.parse(first.stdout);
  assert.deepEqual([survey.trusted, survey.before, survey.problems], [true, "untrusted", []]);
  assert.deepEqual(
    survey.powers.map(({ path }: { path: string }) => path),
    ["bottles.ci.egress.rules[0].host", "agents.dev.bottle"],
  );
  const standing = async () => JSON.parse((await operator.bottle(["trust", "--list", "--format", "json"])).stdout)[0];
  assert.equal((await standing()).standing, "trusted");

  write("evil.example.com");
  const refused = await operator.bottle(["start", "dev", "-p", "true"]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /bot-bottle\.json changed since you trusted it: look again with bottle trust \//);
  assert.deepEqual([(await standing()).standing, (await standing()).changed], ["changed", ["bot-bottle.json"]]);
  const other = await operator.bottle(["plan", "shell"]);
  assert.equal(other.code, 0, other.stderr);
  assert.match(other.stderr, /^bottle: note: bot-bottle\.json changed since you trusted it/m);

  assert.match(
    (await operator.bottle(["trust", "--dry-run"])).stdout,
    /^changed since you trusted it: bot-bottle\.json$/m,
  );
  assert.equal((await operator.bottle(["trust", "-y"])).code, 0);
  assert.equal((await operator.bottle(["plan", "dev"])).code, 0);
  assert.equal((await operator.bottle(["trust", "--revoke"])).code, 0);
  assert.equal((await operator.bottle(["plan", "dev"])).code, 3);
  const again = await operator.bottle(["trust", "--revoke"]);
  assert.deepEqual([again.code, /is not trusted \[USAGE\]/.test(again.stderr)], [2, true]);
  assert.equal((await operator.bottle(["trust", "--list", "--revoke"])).code, 2);
  assert.match((await operator.bottle(["trust", "/", "--dry-run"])).stderr, /no bot-bottle\.json in \/ \[USAGE\]/);
});

test("info: the host, what can be started and by whom, with its problems; one agent; one bottle", {
  skip,
}, async () => {
  using operator = newOperator();
  operator.writeManifest(
    JSON.stringify({
      bottles: {
        base: { limits: { memory: "1G" }, egress: { rules: [{ host: "base.example.com" }] } },
        dev: { extends: "base", egress: { rules: [{ host: "dev.example.com", methods: ["GET"] }] } },
        weak: { limits: { cpus: -1 } },
      },
      agents: { mine: { provider: "shell", bottle: "dev", prompt: "be\u001b[2Jkind" }, sick: { provider: "shel" } },
    }),
  );
  writeFileSync(projectOf(operator), '{ "agents": { "theirs": { "provider": "shell" }, "odd": { "args": [] } } }');
  const whole = JSON.parse((await operator.bottle(["info", "--format", "json"])).stdout);
  assert.deepEqual(
    whole.agents.map(({ name, by, broken }: Record<string, unknown>) => [name, by, broken]),
    [
      ["claude", "built-in", false],
      ["mine", "operator", false],
      ["odd", "project", true],
      ["shell", "built-in", false],
      ["sick", "operator", true],
      ["theirs", "project", false],
    ],
  );
  assert.deepEqual(whole.bottles.find(({ name }: { name: string }) => name === "dev").buildsOn, ["base"]);
  assert.equal(whole.project.standing, "untrusted");
  assert.match(whole.version, /^\d+\.\d+\.\d+/);
  const text = (await operator.bottle(["info"])).stdout;
  assert.match(text, /shel /);
  assert.match(text, /weak .*has problems/);

  const agent = await operator.bottle(["info", "mine"]);
  assert.match(
    agent.stdout,
    /dev\.example\.com +GET any path +from dev\n +base\.example\.com +any method any path +from base/,
  );
  assert.match(agent.stdout, /limits\.memory +from base/);
  assert.ok(!agent.stdout.includes("\u001b"));
  const unknown = await operator.bottle(["info", "mien"]);
  assert.deepEqual([unknown.code, /did you mean mine\?/.test(unknown.stderr)], [2, true], unknown.stderr);

  assert.equal(
    (await operator.bottle(["start", "mine", "--name", "b1", "--label", "team=core", "-p", "exit 3"])).code,
    3,
  );
  const bottle = await operator.bottle(["info", "b1"]);
  for (const line of [
    /state +exited/,
    /exit code +3/,
    /b1\/audit\.jsonl/,
    /team=core/,
    /from base: .*limits\.memory/,
  ]) {
    assert.match(bottle.stdout, line);
  }
  const data = JSON.parse((await operator.bottle(["info", "b1", "--format", "json"])).stdout);
  assert.deepEqual([data.state, data.record.exitCode, data.plan.name, data.planProblem], ["exited", 3, "b1", null]);

  // The plan of a bottle is what it was started with, whatever the manifest says by now.
  operator.writeManifest("{}");
  assert.match((await operator.bottle(["plan", "b1"])).stdout, /dev\.example\.com:443 .*\[operator:0\]/);
  const file = join(operator.home, ".local/state/bot-bottle/bottles/b1/plan.json");
  writeFileSync(file, '{"schema":1,"name":"b1"}');
  const damaged = await operator.bottle(["plan", "b1"]);
  assert.deepEqual(
    [damaged.code, /has no usable \w+ \[STATE_UNUSABLE\]/.test(damaged.stderr)],
    [4, true],
    damaged.stderr,
  );
  assert.match((await operator.bottle(["info", "b1"])).stdout, /problems\n +.*plan\.json has no usable/);
  assert.equal((await operator.bottle(["rm", "b1"])).code, 0);
});

test("info tells of a manifest that cannot be used at all instead of failing with it", async () => {
  using operator = newOperator();
  operator.writeManifest('{ "agnets": {} }');
  const run = await operator.bottle(["info"]);
  assert.equal(run.code, 0);
  assert.match(run.stdout, /the manifest cannot be used\n.*agnets: unknown key.*did you mean agents/);
});

test("info of a folder that is not there says so, and does not tell of another", async () => {
  using operator = newOperator();
  for (const path of ["nosuch", "/etc/passwd"]) {
    const run = await operator.bottle(["info", "--path", path]);
    assert.deepEqual([run.code, run.stdout], [2, ""]);
    assert.match(run.stderr, /is no folder \[USAGE\]/);
  }
});

test("plan takes the words of start and says the same as its dry run", { skip }, async () => {
  using operator = newOperator();
  mkdirSync(join(operator.workspace, "sub"));
  const words = ["shell", "sub", "--allow", "docs.example.com", "--name", "n1", "--label", "a=b", "-p", "true"];
  const planned = await operator.bottle(["plan", ...words, "--", "-x"]);
  const dry = await operator.bottle(["start", ...words, "--dry-run", "--", "-x"]);
  assert.deepEqual([planned.code, planned.stdout], [0, dry.stdout]);
  assert.equal(existsSync(join(operator.home, ".local/state/bot-bottle")), false);
});

test("plan of a mistyped bottle names the bottle that was meant; help that of a mistyped code", { skip }, async () => {
  using operator = newOperator();
  assert.equal((await operator.bottle(["start", "shell", "--name", "night-run", "-p", "true"])).code, 0);
  const plan = await operator.bottle(["plan", "nigth-run"]);
  assert.equal(plan.code, 2);
  assert.match(
    plan.stderr,
    /neither a bottle nor an agent is called nigth-run \[AGENT_UNKNOWN\]\n.*did you mean the bottle night-run\?/,
  );
  const help = await operator.bottle(["help", "SEAL_BROKE"]);
  assert.match(help.stderr, /no error code is called SEAL_BROKE \[USAGE\]\n {2}did you mean SEAL_BROKEN\?/);
});

test("row 141: a project's file full of problems is no flood on the terminal", { skip }, async () => {
  using operator = newOperator();
  const names = Array.from({ length: 5000 }, (_, index) => index);
  const broken = Object.fromEntries(names.map((index) => [`Bad${index}`, { provider: "shell" }]));
  const sound = Object.fromEntries(names.map((index) => [`good${index}`, { provider: "shell" }]));
  writeFileSync(projectOf(operator), JSON.stringify({ agents: { ...broken, ...sound } }));
  const lines = async (...words: string[]) => {
    const { code, stderr } = await operator.bottle(words);
    return [code, stderr.split("\n").length < 120 && stderr.length < 100_000, stderr] as const;
  };
  const [planned, short, notes] = await lines("plan", "shell");
  assert.deepEqual([planned, short], [0, true]);
  assert.match(notes, /note: 4993 more: bottle info shows all\n/);
  const [refused, few, problems] = await lines("plan", "Bad7");
  assert.deepEqual([refused, few], [3, true]);
  assert.match(problems, /^ {2}and 4900 more$/m);
  const [unknown, brief, hint] = await lines("plan", "nosuch");
  assert.deepEqual([unknown, brief], [2, true]);
  assert.match(hint, /, 4982 more$/m);
});

test("rows 129, 141: a command that a message offers can be pasted, whatever the folder is called", async () => {
  using operator = newOperator();
  const folder = join(operator.home, "it's $(touch pwned); `touch pwned` a");
  mkdirSync(folder);
  writeFileSync(join(folder, "bot-bottle.json"), '{ "bottles": { "ci": {} } }');
  const said = [
    (await operator.bottle(["info", "--path", folder])).stdout,
    (await operator.bottle(["init", "--project", folder, "--agent", "a1", "--cpus", "1", "--force"])).stderr,
    (await operator.bottle(["init", folder])).stderr,
  ];
  for (const text of said) {
    const [, words] = /bottle (?:trust|init --project) ('.*')(?:,| writes)/.exec(text) ?? [];
    const run = spawnSync("/bin/sh", ["-c", `printf %s ${words}`], { cwd: operator.home, encoding: "utf8" });
    assert.equal(run.stdout, folder, text);
  }
  assert.equal(existsSync(join(operator.home, "pwned")), false);
});

test("row 141: what a trusted project may not say either stands under what is refused, bind too", async () => {
  using operator = newOperator();
  const bottles = { ci: { workspace: "bind", limits: { cpus: 1 } }, cd: { workspace: { mode: "bind" } } };
  writeFileSync(projectOf(operator), JSON.stringify({ bottles }));
  const { powers } = JSON.parse((await operator.bottle(["trust", "--dry-run", "--format", "json"])).stdout);
  assert.deepEqual(
    powers.map(({ path, grantable }: { path: string; grantable: boolean }) => [path, grantable]),
    [
      ["bottles.ci.workspace", false],
      ["bottles.ci.limits.cpus", true],
      ["bottles.cd.workspace.mode", false],
    ],
  );
});

test("row 141: trust of more than a screen says where its beginning is", async () => {
  using operator = newOperator();
  const env = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`V${index}`, "x"]));
  writeFileSync(projectOf(operator), JSON.stringify({ bottles: { ci: { env } } }));
  const shown = (await operator.bottle(["trust", "--dry-run"])).stdout;
  assert.match(shown, /\d+ lines, the gravest first: bottle trust --dry-run \| less .*\n$/);
});

test("row 141: skills and a prompt file of a project come in from below it, untrusted too", async () => {
  using operator = newOperator();
  mkdirSync(join(operator.workspace, "skills/release"), { recursive: true });
  writeFileSync(join(operator.workspace, "skills/release/SKILL.md"), "\uFEFF# release\n");
  writeFileSync(join(operator.workspace, "skills/release/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(join(operator.workspace, "prompt.md"), "\uFEFFBe brief.\n");
  const agent = { provider: "claude", skills: ["skills/release"], prompt: { file: "./prompt.md" } };
  writeFileSync(projectOf(operator), JSON.stringify({ agents: { dev: agent } }));
  const run = await operator.bottle(["plan", "dev", "--format", "json"]);
  assert.equal(run.code, 0, run.stderr);
  const [brought] = JSON.parse(run.stdout).setup.brought;
  assert.deepEqual([brought.files, brought.from], [2, join(operator.workspace, "skills/release")]);
  symlinkSync("/etc/passwd", join(operator.workspace, "skills/release/more.md"));
  const refused = await operator.bottle(["plan", "dev"]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /agents\.dev\.skills\[0\]: skills\/release\/more\.md is a link/);
});

test("rows 141, 143: trust takes no link, FIFO or folder for a manifest, and lists a project that is gone as gone", async () => {
  using operator = newOperator();
  writeFileSync(join(operator.home, "elsewhere.json"), '{ "agents": { "x": { "provider": "shell", "args": ["y"] } } }');
  for (const [act, said] of [
    [() => symlinkSync(join(operator.home, "elsewhere.json"), projectOf(operator)), /the file is a link/],
    [() => assert.equal(spawnSync("mkfifo", [projectOf(operator)]).status, 0), /is not a regular file/],
    [() => mkdirSync(projectOf(operator)), /is not a regular file/],
    [() => writeFileSync(projectOf(operator), "{]"), /bot-bottle\.json:1:2: not JSON/],
  ] as const) {
    rmSync(projectOf(operator), { recursive: true, force: true });
    act();
    const run = await operator.bottle(["trust", "--yes"]);
    assert.deepEqual([run.code, run.stdout], [3, ""], run.stderr);
    assert.match(run.stderr, said);
  }
  const gone = join(operator.home, "gone\u001b[2J");
  mkdirSync(gone);
  writeFileSync(join(gone, "bot-bottle.json"), "{}");
  assert.match((await operator.bottle(["trust", gone, "--yes"])).stdout, /nothing in it needs trust/);
  rmSync(gone, { recursive: true });
  const list = await operator.bottle(["trust", "--list"]);
  assert.match(list.stdout, /gone +\/.*\/gone\\x1b\[2J$/m);
  assert.equal((await operator.bottle(["trust", "--revoke", gone])).code, 0);
  assert.match((await operator.bottle(["trust", "--list"])).stderr, /^no project is trusted$/m);
});

test("in a folder of a repository, init, trust, info and plan mean the file at its top", {
  skip: skipWithout("git"),
}, async () => {
  using operator = newOperator();
  const git = (...words: string[]) => {
    const run = spawnSync("git", ["-C", operator.workspace, ...words], { encoding: "utf8", env: { ...operator.env } });
    assert.equal(run.status, 0, run.stderr);
  };
  git("init", "-q");
  const sub = join(operator.workspace, "src/deep");
  mkdirSync(sub, { recursive: true });
  const words = ["init", "--project", sub, "--agent", "dev", "--provider", "shell", "--allow", "x.example.com"];
  assert.equal((await operator.bottle(words)).stdout, `${projectOf(operator)}\n`);
  assert.equal((await operator.bottle(["plan", "dev", sub])).code, 3);
  assert.equal((await operator.bottle(["trust", sub, "--yes"])).code, 0);
  const plan = await operator.bottle(["plan", "dev", sub]);
  assert.equal(plan.code, 0, plan.stderr);
  assert.match((await operator.bottle(["info", "dev", "--path", sub])).stdout, /project \(trusted\)/);
  const why = await operator.bottle(["why", "dev", "GET", "https://x.example.com/"]);
  assert.match(why.stdout, /bottles\.dev\.egress\.rules\[0\] of .*project\/bot-bottle\.json/, why.stderr);
  assert.equal((await operator.bottle(["trust", "--revoke", sub])).code, 0);
  assert.equal((await operator.bottle(["plan", "dev", sub])).code, 3);
});
