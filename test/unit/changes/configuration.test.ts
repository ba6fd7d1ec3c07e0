import assert from "node:assert/strict";
import { test } from "node:test";
import { configurationChanges, formatChanges } from "../../../src/core/changes/configuration.ts";
import { watchedFiles } from "../../../src/core/changes/watched-files.ts";

const WATCHED = [
  "/home/agent/.claude/settings.json",
  "/home/agent/.claude.json#mcpServers",
  "/home/agent/.claude/skills",
];
const file = (path: string, content: string | Uint8Array, mode = 0o644) => ({
  path: `/home/agent/${path}`,
  mode,
  content: Buffer.from(content),
});
const changes = (before: ReturnType<typeof file>[], after: ReturnType<typeof file>[], whole = true) =>
  configurationChanges(watchedFiles(WATCHED, before), watchedFiles(WATCHED, after), whole).map(
    ({ path, kind, patch }) => [kind, path.replace("/home/agent/", ""), patch] as const,
  );

test("added, changed and removed files, each as a patch", () => {
  const before = [file(".claude/skills/a/SKILL.md", "one\n"), file(".claude/skills/b/x", "gone\n")];
  const after = [file(".claude/skills/a/SKILL.md", "two\n"), file(".claude/skills/c/new.sh", "#!\n", 0o755)];
  assert.deepEqual(changes(before, after), [
    [
      "changed",
      ".claude/skills/a/SKILL.md",
      "--- a/home/agent/.claude/skills/a/SKILL.md\n+++ b/home/agent/.claude/skills/a/SKILL.md\n@@ -1,1 +1,1 @@\n-one\n+two\n",
    ],
    ["removed", ".claude/skills/b/x", "--- a/home/agent/.claude/skills/b/x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-gone\n"],
    [
      "added",
      ".claude/skills/c/new.sh",
      "--- /dev/null\n+++ b/home/agent/.claude/skills/c/new.sh\n@@ -0,0 +1,1 @@\n+#!\n",
    ],
  ]);
  assert.deepEqual(changes(before, before), []);
});

test("a file that becomes a program is a change", () => {
  const [change] = changes([file(".claude/skills/a/x", "1\n")], [file(".claude/skills/a/x", "1\n", 0o755)]);
  assert.deepEqual(change, ["changed", ".claude/skills/a/x", "old mode 100644\nnew mode 100755\n"]);
});

test("of the agent's own memory only the keys that count are compared; JSON by its meaning", () => {
  const seed = file(".claude.json", '{"hasCompletedOnboarding": true}');
  const grown = file(".claude.json", '{"hasCompletedOnboarding": true, "userID": "x", "projects": {}}');
  assert.deepEqual(changes([seed], [grown]), []);
  const served = file(".claude.json", '{"userID": "x", "mcpServers": {"evil": {"command": "x"}}}');
  const [change] = changes([seed], [served]);
  assert.equal(change?.[0], "added");
  assert.match(change?.[2] ?? "", /\+ {4}"evil"/);
  assert.ok(!change?.[2]?.includes("userID"));
  const settings = [file(".claude/settings.json", '{"a":1}')];
  assert.deepEqual(changes(settings, [file(".claude/settings.json", '{\n "a": 1\n}\n')]), []);
  const two = [file(".claude/settings.json", '{"a":1,"b":{"c":1,"d":2}}')];
  assert.deepEqual(changes(two, [file(".claude/settings.json", '{"b":{"d":2,"c":1},"a":1}')]), []);
});

test("hostile JSON of the agent is compared as text: too deep, with odd keys, none at all", () => {
  const settings = [file(".claude/settings.json", "{}")];
  for (const hostile of [
    "[".repeat(200_000),
    `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    "{",
    '{"toJSON":1,"__proto__":2}',
  ]) {
    assert.equal(changes(settings, [file(".claude/settings.json", hostile)])[0]?.[0], "changed", hostile.slice(0, 20));
  }
});

test("what is not watched does not count, nor a neighbour of the same beginning", () => {
  const others = [file(".claude/history.jsonl", "x"), file(".claude/skills-old/x", "x"), file(".bashrc", "x")];
  assert.deepEqual(changes([], others), []);
});

test("without text there is no patch: bytes, other encodings, large files, what is no JSON", () => {
  for (const content of [new Uint8Array([0, 1]), new Uint8Array([0xff, 0xfe]), "x".repeat(70_000)]) {
    assert.equal(changes([], [file(".claude/skills/a/x", content)])[0]?.[2], null);
  }
  assert.match(changes([], [file(".claude/settings.json", "{")])[0]?.[2] ?? "", /\+\{/);
});

test("of an archive that was cut short nothing counts as removed", () => {
  const before = [file(".claude/skills/a/SKILL.md", "one\n")];
  assert.equal(changes(before, [], true).length, 1);
  assert.deepEqual(changes(before, [], false), []);
});

test("row 129: names and texts of the agent reach a terminal only escaped", () => {
  const hostile = file(".claude/skills/\u001b[2Jx", "\u001b]52;c;AAAA\u0007\u202e\n");
  const before = watchedFiles(WATCHED, []);
  const text = formatChanges(configurationChanges(before, watchedFiles(WATCHED, [hostile]), true));
  assert.match(text, /^added: \/home\/agent\/\.claude\/skills\/\\x1b\[2Jx\n/);
  assert.ok(!/[\u001b\u0007\u202e]/.test(text));
  const binary = file(".claude/skills/a", new Uint8Array([0]));
  const bytes = formatChanges(configurationChanges(before, watchedFiles(WATCHED, [binary]), true));
  assert.match(bytes, /not text, or too large/);
});
