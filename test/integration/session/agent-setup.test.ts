import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import { shell } from "../../../src/agents/shell.ts";
import type { AgentProvider } from "../../../src/core/model/agent.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import type { FoundSetup } from "../../../src/core/model/setup.ts";
import type { AgentSelection, WantedSetup } from "../../../src/core/plan/selection.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { protectedFolders } from "../../../src/host/protected-folders.ts";
import { findSetup } from "../../../src/session/agent-setup.ts";
import { layoutOf } from "../../../src/state/layout.ts";

const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

interface Place {
  readonly home: string;
  readonly workspace: string;
  write(path: string, text: string, mode?: number): string;
  find(wanted: Partial<WantedSetup>, by?: "operator" | "project", provider?: AgentProvider): Promise<FoundSetup>;
  refused(wanted: Partial<WantedSetup>, by?: "operator" | "project", provider?: AgentProvider): Promise<string>;
}

/** An operator with a home of their own and a project in it. */
function place(context: TestContext): Place {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "setup-")));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, process.getuid?.() ?? 0);
  const workspace = join(home, "project");
  mkdirSync(workspace);
  const facts = { ...gatherFacts(), home };
  const env = { HOME: home };
  const find: Place["find"] = async (wanted, by = "operator", provider = claudeCode) => {
    const file = by === "operator" ? layout.operatorManifest : join(workspace, "bot-bottle.json");
    const selection: AgentSelection = {
      ...{
        agent: "a",
        provider,
        command: null,
        args: [],
        instructions: null,
        deny: [],
        bottleName: "default",
        bottle: {},
      },
      wanted: { promptFile: null, skills: [], config: [], ...wanted },
      origin: { by, file },
    };
    return findSetup(selection, workspace, await protectedFolders(home, layout, env), { facts, layout, env });
  };
  return {
    home,
    workspace,
    find,
    write(path, text, mode = 0o644) {
      const full = join(home, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
      chmodSync(full, mode);
      return full;
    },
    async refused(wanted, by, provider) {
      try {
        await find(wanted, by, provider);
      } catch (error) {
        assert.ok(error instanceof BottleError && error.code === "SOURCE_REFUSED", String(error));
        return error.message;
      }
      assert.fail(`accepted: ${JSON.stringify(wanted)}`);
    },
  };
}

test("skills: absolute, below the home, relative to the manifest; folders and single files; .git stays out", async (context) => {
  const at = place(context);
  const paint = dirname(at.write("skills/paint/SKILL.md", "---\nname: paint\n---\n"));
  at.write("skills/paint/bin/run.sh", "#!/bin/sh\n", 0o755);
  at.write("skills/paint/.git/config", `[remote "x"]\n url = https://u:${TOKEN}@example.com\n`);
  at.write("notes/knit.md", "knit");
  at.write(".config/bot-bottle/skills/near/SKILL.md", "near");
  at.write(".claude/skills/mine/SKILL.md", "mine");
  const { skills } = await at.find({ skills: [paint, "~/notes/knit.md", "skills/near", "~/.claude/skills/mine"] });
  assert.deepEqual(
    skills.map(({ name, files }) => [name, files.map(({ path, mode }) => `${path} ${mode.toString(8)}`)]),
    [
      ["paint", ["SKILL.md 644", "bin/run.sh 755"]],
      ["knit", ["knit.md 644"]],
      ["near", ["SKILL.md 644"]],
      ["mine", ["SKILL.md 644"]],
    ],
  );
});

test("part 12: a missing skill refuses the launch by name; all that is wrong is told at once", async (context) => {
  const at = place(context);
  mkdirSync(join(at.home, "empty"));
  at.write("plain.txt", "x");
  at.write("one/twice/SKILL.md", "x");
  at.write("two/twice/SKILL.md", "x");
  const skills = ["~/nowhere/gone", "~/empty", "~/plain.txt", "~/one/twice", "~/two/twice", "~/x y", "..", "/"];
  const message = await at.refused({ skills, promptFile: "~/no-prompt.md" });
  for (const part of [
    /skill gone: .*\/nowhere\/gone does not exist/,
    /skill empty: .*\/empty has no SKILL\.md/,
    /skill plain\.txt: .* is neither a folder nor a \.md file/,
    /skill twice: the manifest names two/,
    /skill ~\/x y: a skill's name/,
    /skill \.\.: a skill's name/,
    /skill \/: a skill's name/,
    /prompt file ~\/no-prompt\.md: .* does not exist/,
  ]) {
    assert.match(message, part);
  }
});

test("row 140: a source that is, holds or lies in a protected folder is refused", async (context) => {
  const at = place(context);
  for (const path of [".ssh/skill", ".aws/skill", ".claude/projects/skill", ".local/state/bot-bottle/skill", "kept"]) {
    at.write(`${path}/SKILL.md`, "x");
  }
  symlinkSync(join(at.home, ".ssh/skill"), join(at.home, "innocent"));
  for (const path of [
    "~/.ssh/skill",
    "~/.aws/skill",
    "~/.claude/projects/skill",
    "~/.local/state/bot-bottle/skill",
    "~/innocent",
  ]) {
    assert.match(
      await at.refused({ skills: [path] }),
      /lies in (a folder with credentials|bot-bottle's state folder)/,
      path,
    );
  }
  assert.match(await at.refused({ skills: ["/usr/share/doc"] }), /a folder of the system/);
  assert.match(await at.refused({ skills: ["~/.config"] }), /a skill's name/);
  symlinkSync(at.home, join(at.home, "homely"));
  assert.match(await at.refused({ skills: ["~/homely"] }), /is your home folder/);
  assert.match(await at.refused({ promptFile: "~/.ssh/skill/SKILL.md" }), /a folder with credentials/);
  assert.match(await at.refused({ promptFile: "/etc/passwd" }), /a folder of the system/);
  assert.equal((await at.find({ skills: ["~/kept"] })).skills.length, 1);
});

test("row 141: a project's skills and prompt lie inside the project, whatever the path says", async (context) => {
  const at = place(context);
  at.write("project/skills/ours/SKILL.md", "ours");
  at.write("project/prompt.md", "be brief");
  at.write("outside/SKILL.md", "x");
  at.write("outside/prompt.md", "x");
  symlinkSync("../../outside", join(at.workspace, "skills/away"));
  symlinkSync("../outside/prompt.md", join(at.workspace, "away.md"));
  symlinkSync("/etc/shadow", join(at.workspace, "skills/shadow.md"));
  const found = await at.find({ skills: ["skills/ours"], promptFile: "prompt.md" }, "project");
  assert.deepEqual([found.skills.length, found.instructions], [1, "be brief"]);
  for (const skill of [
    "skills/away",
    "~/outside",
    join(at.home, "outside"),
    "skills/../../outside",
    "skills/shadow.md",
  ]) {
    assert.match(await at.refused({ skills: [skill] }, "project"), /lies outside the project/, skill);
  }
  for (const promptFile of ["away.md", "/etc/passwd", "~/outside/prompt.md"]) {
    assert.match(await at.refused({ promptFile }, "project"), /lies outside the project/, promptFile);
  }
  // The same from the inside of a skill.
  symlinkSync("../../prompt.md", join(at.workspace, "skills/ours/up.md"));
  assert.match(await at.refused({ skills: ["skills/ours"] }, "project"), /skill ours: .*up\.md is a link out of/);
  assert.match(await at.refused({ config: ["settings"] }, "project"), /only the operator's own file/);
});

test("row 143: a link to /etc/shadow, a FIFO, and too much in a skill are refused by name, and nobody waits", async (context) => {
  const at = place(context);
  for (const name of ["linked", "piped", "large", "named"]) at.write(`${name}/SKILL.md`, "x");
  symlinkSync("/etc/shadow", join(at.home, "linked/shadow"));
  execFileSync("mkfifo", [join(at.home, "piped/pipe")]);
  execFileSync("truncate", ["--size=20G", join(at.home, "large/data")]);
  at.write("named/a\u001b[2J", "x");
  const message = await at.refused({ skills: ["~/linked", "~/piped", "~/large", "~/named"] });
  assert.match(message, /skill linked: .*\/shadow is a link out of/);
  assert.match(message, /skill piped: .*\/pipe is a FIFO/);
  assert.match(message, /skill large: .*\/large\/? holds more than 8 MiB/);
  assert.match(message, /skill named: .*a\\x1b\[2J has a name with odd characters/);
});

test("an agent without skills or settings of its own says so", async (context) => {
  const at = place(context);
  const message = await at.refused({ skills: ["~/x"], config: ["mcp"] }, "operator", shell);
  assert.match(message, /plain shell knows no skills/);
  assert.match(message, /plain shell has no configuration/);
});

test("the chosen parts of the operator's configuration are read, and no other", async (context) => {
  const at = place(context);
  at.write(".claude/settings.json", '{"model": "opus"}');
  at.write(".claude/.credentials.json", `{"token": "${TOKEN}"}`);
  at.write(".claude/history.jsonl", "{}");
  at.write(".claude/CLAUDE.md", "be kind");
  at.write(".claude/commands/git/tidy.md", "tidy");
  at.write(".claude/commands/notes.txt", "no command");
  at.write(".claude/commands/leaky.md", `use ${TOKEN}`);
  at.write(".claude/agents/rev.md", "rev");
  at.write(".claude/skills/paint/SKILL.md", "paint");
  at.write(".claude/skills/paint/run.sh", "x", 0o755);
  at.write(".claude.json", '{"mcpServers": {}, "oauthAccount": {}}');
  symlinkSync("../.credentials.json", join(at.home, ".claude/skills/stolen"));
  const { config } = await at.find({ config: ["memory", "commands", "skills"] });
  assert.deepEqual(config?.values, {});
  assert.deepEqual(
    config?.files.map(({ path, suspicious }) => `${path}${suspicious ? " suspicious" : ""}`),
    [
      ".claude/CLAUDE.md",
      ".claude/commands/git/tidy.md",
      ".claude/commands/leaky.md suspicious",
      ".claude/skills/paint/SKILL.md",
      ".claude/skills/paint/run.sh",
    ],
  );
  assert.match(config?.leftOut.join("\n") ?? "", /~\/\.claude\/skills\/stolen: is a link out of/);
  const rest = await at.find({ config: ["settings", "mcp", "agents"] });
  assert.deepEqual(Object.keys(rest.config?.values ?? {}), [".claude/settings.json", ".claude.json"]);
  assert.deepEqual(
    rest.config?.files.map(({ path }) => path),
    [".claude/agents/rev.md"],
  );
});

test("the operator's own files never refuse a start: what is missing, broken or elsewhere is left out by name", async (context) => {
  const at = place(context);
  at.write(".claude/settings.json", "{");
  at.write("dotfiles/CLAUDE.md", "kind");
  at.write(".ssh/keys.md", "key");
  symlinkSync("../dotfiles/CLAUDE.md", join(at.home, ".claude/CLAUDE.md"));
  symlinkSync("../.ssh", join(at.home, ".claude/commands"));
  const { config } = await at.find({ config: ["settings", "memory", "commands", "agents"] });
  assert.deepEqual([config?.values, config?.files.map(({ path }) => path)], [{}, [".claude/CLAUDE.md"]]);
  const said = config?.leftOut.join("\n") ?? "";
  assert.match(said, /~\/\.claude\/settings\.json: is no JSON/);
  assert.match(said, /~\/\.claude\/commands: leads to .*\/\.ssh, which must not be brought in/);
  assert.match(said, /~\/\.claude\/agents: is not there/);
});

test("a configuration folder that is itself a link elsewhere is the operator's way to keep it", async (context) => {
  const at = place(context);
  at.write("dotfiles/claude/CLAUDE.md", "kind");
  at.write("dotfiles/claude/settings.json", "{}");
  symlinkSync("dotfiles/claude", join(at.home, ".claude"));
  const { config } = await at.find({ config: ["settings", "memory"] });
  assert.deepEqual([Object.keys(config?.values ?? {}), config?.files.length], [[".claude/settings.json"], 1]);
});
