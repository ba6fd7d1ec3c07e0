import assert from "node:assert/strict";
import { test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import { shell } from "../../../src/agents/shell.ts";
import type { AgentProvider, AgentRunRequest } from "../../../src/core/model/agent.ts";
import type { GitDefinition } from "../../../src/core/model/definition.ts";
import { type FoundSetup, type HostFile, type Inside, NO_SETUP } from "../../../src/core/model/setup.ts";
import { planSetup } from "../../../src/core/plan/setup.ts";

const run: AgentRunRequest = {
  binary: { path: "/usr/lib/claude", version: "2.1.197", origin: "test" },
  workspace: "/home/op/project/sub",
  home: "/home/agent",
  prompt: null,
  args: [],
  instructions: null,
};
const inside: Inside = {
  hostHome: "/home/op",
  home: "/home/agent",
  workspace: { host: "/home/op/project", guest: "/home/op/project" },
  reaches: () => false,
  variables: [],
  headless: false,
};
const file = (path: string, change: Partial<HostFile> = {}): HostFile => ({
  host: `/home/op/x/${path}`,
  path,
  mode: 0o644,
  bytes: 5,
  sha256: "00",
  suspicious: false,
  ...change,
});
const planned = (
  found: Partial<FoundSetup>,
  {
    provider = claudeCode as AgentProvider,
    git = undefined as GitDefinition | undefined,
    instructions = null as string | null,
  } = {},
) => planSetup({ found: { ...NO_SETUP, ...found }, provider, run: { ...run, instructions }, git, inside });
const textAt = (plan: ReturnType<typeof planned>, path: string) =>
  plan.files.flatMap((one) => (one.path === `/home/agent/${path}` && "text" in one ? [one] : []))[0];

test("part 11: the prompt's file is always there, for its owner alone; the flag only with instructions", () => {
  for (const provider of [claudeCode, shell]) {
    assert.deepEqual(textAt(planned({}, { provider }), ".bot-bottle/prompt.md"), {
      path: "/home/agent/.bot-bottle/prompt.md",
      mode: 0o600,
      text: "",
    });
  }
  assert.equal(textAt(planned({}, { instructions: "be brief" }), ".bot-bottle/prompt.md")?.text, "be brief");
  assert.ok(!claudeCode.command(run).argv.some((word) => word.includes("prompt")));
  const [flag] = claudeCode
    .command({ ...run, instructions: "be brief" })
    .argv.filter((word) => word.includes("prompt"));
  assert.equal(flag, "--append-system-prompt-file=/home/agent/.bot-bottle/prompt.md");
});

test("part 12: skills lie where the agent looks, programs stay programs, a single file becomes SKILL.md", () => {
  const skills = [
    { name: "paint", from: "/home/op/x/paint", files: [file("SKILL.md"), file("bin/run", { mode: 0o755 })] },
    { name: "knit", from: "/home/op/x/knit.md", files: [file("knit.md")] },
  ];
  const plan = planned({ skills });
  assert.deepEqual(
    plan.files.flatMap((one) => ("source" in one ? [[one.path, one.mode, one.source.host]] : [])),
    [
      ["/home/agent/.claude/skills/paint/SKILL.md", 0o644, "/home/op/x/SKILL.md"],
      ["/home/agent/.claude/skills/paint/bin/run", 0o755, "/home/op/x/bin/run"],
      ["/home/agent/.claude/skills/knit/SKILL.md", 0o644, "/home/op/x/knit.md"],
    ],
  );
  assert.deepEqual(plan.setup.brought[0], { what: "skill paint", from: "/home/op/x/paint", files: 2, bytes: 10 });
});

test("part 24: git knows the agent by the operator's name, its own or none, and has neither helper nor key", () => {
  const host = { name: 'O "P" \\ Erator', email: "op@example.com", defaultBranch: "trunk" };
  const config = (git?: GitDefinition, found: FoundSetup["git"] = host) =>
    textAt(planned({ git: found }, { git }), ".gitconfig")?.text ?? "";
  assert.match(config(), /\[user\]\n\tname = "O \\"P\\" \\\\ Erator"\n\temail = "op@example\.com"\n/);
  assert.match(config(), /\[init\]\n\tdefaultBranch = "trunk"\n/);
  assert.match(config(), /\[safe\]\n\tdirectory = "\/home\/op\/project"\n\[credential\]\n\thelper =\n/);
  assert.match(config(), /\[commit\]\n\tgpgSign = false\n/);
  assert.match(config({ email: "bot@example.com" }), /name = "O .*\n\temail = "bot@example\.com"/);
  assert.ok(!config({ identity: "none" }).includes("[user]"));
  assert.match(config({ identity: "none", name: "Bot" }), /\[user\]\n\tname = "Bot"\n\[safe\]/);
  assert.ok(!config(undefined, null).includes("[user]"));
});

test("a git name that holds a token is refused, and an ordinary address is not", () => {
  const git = (email: string) => planned({ git: { name: "Op", email, defaultBranch: null } }).problems;
  assert.match(git("ghp_0123456789abcdefghijABCDEFGHIJ012345@x").join(), /git email: the value looks like a secret/);
  assert.deepEqual(git("12345678+JohnDoeTheThird1984@users.noreply.example.com"), []);
});

test("files that hold a secret stay out by name; a skill of the manifest wins over the operator's of the same name", () => {
  const plan = planned({
    skills: [{ name: "paint", from: "/home/op/s/paint", files: [file("SKILL.md", { suspicious: true })] }],
    config: {
      parts: ["skills", "commands"],
      values: {},
      files: [
        file(".claude/skills/paint/SKILL.md"),
        file(".claude/skills/paint/more.md"),
        file(".claude/skills/knit/SKILL.md"),
        file(".claude/commands/leaky.md", { suspicious: true }),
      ],
      leftOut: ["~/.claude/agents: is not there"],
    },
  });
  assert.deepEqual(
    plan.files.flatMap((one) => ("source" in one ? [one.path] : [])),
    ["/home/agent/.claude/skills/paint/SKILL.md", "/home/agent/.claude/skills/knit/SKILL.md"],
  );
  assert.deepEqual(plan.setup.leftOut, [
    "~/.claude/agents: is not there",
    "~/.claude/commands/leaky.md: holds what looks like a secret",
  ]);
  assert.match(
    plan.setup.notes.join(),
    /skill paint: SKILL\.md holds what looks like a secret, and the agent can read it/,
  );
});

test("what bottle diff compares: settings, memory, commands, agents, skills, servers, git", () => {
  const { watched } = planned({}).setup;
  for (const path of [
    ".claude/settings.json",
    ".claude/CLAUDE.md",
    ".claude/skills",
    ".claude.json#mcpServers",
    ".gitconfig",
  ]) {
    assert.ok(watched.includes(`/home/agent/${path}`), path);
  }
  assert.deepEqual(planned({}, { provider: shell }).setup.watched, [
    "/home/agent/.gitconfig",
    "/home/agent/.bot-bottle/prompt.md",
  ]);
});
