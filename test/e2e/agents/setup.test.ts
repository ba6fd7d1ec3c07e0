import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { claudeBinary, skipWithout } from "../../support/needs.ts";
import { newOperator, type Operator } from "../../support/operator.ts";

const skip = skipWithout("bubblewrap", "perl");

function write(operator: Operator, path: string, text: string, mode = 0o644): string {
  const full = join(operator.home, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
}
const bottles = (operator: Operator) => join(operator.home, ".local/state/bot-bottle/bottles");
const manifest = (operator: Operator, agents: unknown, bottle: unknown = {}) =>
  operator.writeManifest(JSON.stringify({ bottles: { default: bottle }, agents }));

test("parts 11, 24: the prompt is the agent's own file, 0600, with and without instructions; so is git's", {
  skip,
}, async () => {
  using operator = newOperator();
  write(operator, ".config/bot-bottle/brief.md", "be brief\n");
  manifest(operator, {
    quiet: { provider: "shell" },
    brief: { provider: "shell", prompt: { file: "brief.md" } },
  });
  const script = 'stat -c "%U %a" ~/.bot-bottle/prompt.md ~/.gitconfig; cat ~/.bot-bottle/prompt.md; ls -A /root 2>&1';
  const quiet = await operator.bottle(["start", "quiet", "--rm", "-p", script]);
  assert.match(quiet.stdout, /^agent 600\nagent 644\n(?!be brief)/, quiet.stderr);
  const brief = await operator.bottle(["start", "brief", "--rm", "-p", script]);
  assert.match(brief.stdout, /^agent 600\nagent 644\nbe brief\n/, brief.stderr);
});

test("part 24: the agent commits under the operator's name, in its workspace, without a question", {
  skip: skip || skipWithout("git"),
}, async () => {
  using operator = newOperator();
  write(
    operator,
    ".gitconfig",
    '[user]\n\tname = Olga \\"O\\" Perator\n\temail = olga@example.com\n[commit]\n\tgpgSign = true\n',
  );
  const script =
    "git init --quiet . 2>/dev/null; git add -A && git commit --quiet -m one && git log -1 --format='%an <%ae>|%cn' && git config credential.helper; echo $?";
  const run = await operator.bottle(["start", "shell", "--rm", "-p", script]);
  assert.match(run.stdout, /Olga "O" Perator <olga@example\.com>\|Olga/, run.stderr + run.stdout);
  manifest(operator, { bot: { provider: "shell" } }, { git: { name: "Bot", email: "bot@example.com" } });
  const bot = await operator.bottle(["start", "bot", "--rm", "-p", script]);
  assert.match(bot.stdout, /Bot <bot@example\.com>\|Bot/, bot.stderr);
  manifest(operator, { none: { provider: "shell" } }, { git: { identity: "none" } });
  const none = await operator.bottle(["start", "none", "--rm", "-p", "git config user.name; echo $?"]);
  assert.equal(none.stdout, "1\n", none.stderr);
});

test("part 12: a missing skill refuses the launch by name, before anything is created", { skip }, async () => {
  using operator = newOperator();
  manifest(operator, { painter: { provider: "claude", skills: ["~/skills/gone", "~/skills/linked"] } });
  write(operator, "skills/linked/SKILL.md", "x");
  symlinkSync("/etc/shadow", join(operator.home, "skills/linked/shadow"));
  const run = await operator.bottle(["start", "painter", "-p", "hello"], {
    env: { CLAUDE_CODE_OAUTH_TOKEN: `sk-ant-oat01-${"t".repeat(95)}` },
  });
  assert.equal(run.code, 3, run.stderr);
  assert.match(run.stderr, /skill gone: .*\/skills\/gone does not exist/);
  assert.match(run.stderr, /skill linked: .*\/shadow is a link out of/);
  assert.match(run.stderr, /SKILL\.md/);
  assert.ok(!existsSync(bottles(operator)) || readdirSync(bottles(operator)).length === 0);
});

test("row 141: a project's agent brings its skills from the project only, and its prompt too", { skip }, async () => {
  using operator = newOperator();
  const project = (agent: unknown) =>
    writeFileSync(join(operator.workspace, "bot-bottle.json"), JSON.stringify({ agents: { ours: agent } }));
  write(operator, "secret.md", "of the operator");
  write(operator, "project/prompt.md", "from the project");
  project({ provider: "shell", prompt: { file: "prompt.md" } });
  const run = await operator.bottle(["start", "ours", "--rm", "-p", "cat ~/.bot-bottle/prompt.md"]);
  assert.equal(run.stdout, "from the project", run.stderr);
  for (const file of ["../secret.md", "~/secret.md", "/etc/passwd", "up.md"]) {
    if (file === "up.md") symlinkSync("../secret.md", join(operator.workspace, file));
    project({ provider: "shell", prompt: { file } });
    const refused = await operator.bottle(["start", "ours", "-p", "cat ~/.bot-bottle/prompt.md"]);
    assert.equal(refused.code, 3, `${file}: ${refused.stdout}${refused.stderr}`);
    assert.ok(!refused.stdout.includes("of the operator"));
  }
  project({ provider: "claude", config: ["settings"] });
  const config = await operator.bottle(["start", "ours", "-p", "x"]);
  assert.match(config.stderr, /config: a project's file may not say this/);
});

test("row 155: a declared credential in a skill or in the operator's notes stops the start, and the file is named", {
  skip: skip || skipWithout("claude"),
}, async () => {
  using operator = newOperator();
  const token = `sk-ant-oat01-${"q1w2e3r4t5".repeat(9)}AAAAA`;
  const skill = write(operator, "skills/paint/SKILL.md", "paint\n");
  write(operator, "skills/paint/keys.txt", Buffer.from(`x:${token}`).toString("base64"));
  manifest(operator, { painter: { provider: "claude", command: claudeBinary() ?? "", skills: [dirname(skill)] } });
  const run = await operator.bottle(["start", "painter", "-p", "hello"], { env: { CLAUDE_CODE_OAUTH_TOKEN: token } });
  assert.equal(run.code, 3, run.stderr);
  assert.match(run.stderr, /claude-oauth-token stands in .*\/skills\/paint\/keys\.txt/);
  assert.ok(!run.stderr.includes(token));
  assert.ok(!existsSync(bottles(operator)) || readdirSync(bottles(operator)).length === 0);
});

test("the plan shows what comes in, what stays out and why, and holds no content of a file", { skip }, async () => {
  using operator = newOperator();
  write(operator, "skills/paint/SKILL.md", "PAINTBODY\n");
  write(operator, ".claude/CLAUDE.md", "MEMORYBODY\n");
  write(operator, ".claude/commands/foo.md", "FOO\n");
  const settings = { model: "opus", apiKeyHelper: "/usr/bin/key", env: { EDITOR: "vim", NPM_TOKEN: "abcdef" } };
  write(operator, ".claude/settings.json", JSON.stringify(settings));
  const mcpServers = { local: { command: "/usr/bin/node" }, far: { type: "http", url: "https://mcp.example.com/" } };
  write(operator, ".claude.json", JSON.stringify({ mcpServers, oauthAccount: { emailAddress: "op@example.com" } }));
  manifest(operator, {
    painter: { provider: "claude", skills: ["~/skills/paint"], config: ["settings", "memory", "commands", "mcp"] },
  });
  const text = await operator.bottle(["start", "painter", "--dry-run"]);
  assert.equal(text.code, 0, text.stderr);
  for (const part of [
    /^brings in$/m,
    /skill paint from .*\/skills\/paint: 1 file, 10 bytes/,
    /your configuration from .*\/\.claude\/commands: 1 file/,
    /^left out$/m,
    /settings: apiKeyHelper: not a setting that means something in a bottle/,
    /settings: env NPM_TOKEN: looks like a secret/,
    /mcp server far: mcp\.example\.com:443 is not listed; to allow it/,
  ]) {
    assert.match(text.stdout, part);
  }
  const json = await operator.bottle(["start", "painter", "--dry-run", "--format", "json"]);
  const plan = JSON.parse(json.stdout);
  assert.ok(!/PAINTBODY|MEMORYBODY|op@example\.com|abcdef/.test(json.stdout));
  const copies = plan.files.filter((file: { source?: unknown }) => file.source !== undefined);
  assert.equal(copies.length, 3);
  for (const { source } of copies) assert.match(source.sha256, /^[0-9a-f]{64}$/);
});
