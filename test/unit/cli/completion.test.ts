import assert from "node:assert/strict";
import { test } from "node:test";
import { completeWords, type KnownNames } from "../../../src/cli/completion/words.ts";
import { verbs } from "../../../src/cli/verbs.ts";
import fc from "../../support/properties.ts";

const known: KnownNames = {
  bottles: async () => [
    { name: "claude-run1", running: true, summary: "claude, running" },
    { name: "claude-end1", running: false, summary: "claude, exited" },
  ],
  agents: async () => ["claude", "shell"].map((value) => ({ value, summary: "" })),
  providers: async () => [{ value: "claude", summary: "" }],
  packs: async () => ["npm", "pypi"].map((value) => ({ value, summary: "" })),
  archived: async () => [{ value: "old-1-20250101T000000000Z", summary: "" }],
  waiting: async () => [{ value: "9f3a01bc-7", summary: "" }],
};

/** Completes the last word of a line; words are split at spaces. */
async function last(line: string) {
  const words = line.split(" ");
  const { paths, candidates } = await completeWords(verbs, words, words.length - 1, known);
  return { paths, values: candidates.map(({ value }) => value) };
}

test("each place of a command line gets what can stand there", async () => {
  for (const [line, paths, expected] of [
    ["bottle sto", "none", ["stop"]],
    ["bottle --v", "none", ["--version"]],
    ["bottle help aud", "none", ["audit"]],
    ["bottle help SEAL", "none", ["SEAL_BROKEN"]],
    ["bottle help audit ", "none", []],
    ["bottle start ", "none", ["claude", "shell"]],
    ["bottle image ", "none", ["build", "ls", "prune"]],
    ["bottle image build ", "none", []],
    ["bottle run cl", "none", ["claude"]],
    ["bottle start claude ", "folders", []],
    ["bottle start claude --workspace ", "none", ["clone", "copy", "bind"]],
    ["bottle start claude --workspace = b", "none", ["bind"]],
    ["bottle start claude --workspace=b", "none", ["--workspace=bind"]],
    ["bottle start claude --prompt x --wor", "none", ["--workspace"]],
    ["bottle start claude -p ", "none", []],
    ["bottle start claude --command ", "files", []],
    ["bottle start claude -- ", "files", []],
    ["bottle start --dry-run --dry", "none", []],
    ["bottle start --allow a.test --allow", "none", ["--allow"]],
    ["bottle exec ", "none", ["claude-run1"]],
    ["bottle exec -it claude-run1 ", "files", []],
    ["bottle exec claude-run1 -- cat ", "files", []],
    ["bottle stop claude-run1 cl", "none", ["claude-run1"]],
    ["bottle rm ", "none", ["claude-end1"]],
    ["bottle recover ", "none", ["claude-end1"]],
    ["bottle archive ", "none", ["ls", "restore", "prune"]],
    ["bottle archive restore ", "none", ["old-1-20250101T000000000Z"]],
    ["bottle archive restore old-1 ", "folders", []],
    ["bottle start claude --from ", "files", []],
    ["bottle logs ", "none", ["claude-run1", "claude-end1"]],
    ["bottle logs claude-end1 ", "none", []],
    ["bottle cp cl", "files", ["claude-run1:", "claude-end1:"]],
    ["bottle cp . claude-r", "files", ["claude-run1:"]],
    ["bottle cp claude-run1:sr", "none", []],
    ["bottle cp claude-run1 :", "none", []],
    ["bottle cp claude-run1 : sr", "none", []],
    ["bottle cp claude-run1 : src ", "files", ["claude-run1:", "claude-end1:"]],
    ["bottle approvals ", "none", ["claude-run1"]],
    ["bottle allow ", "none", ["9f3a01bc-7"]],
    ["bottle grants ", "none", ["claude-run1"]],
    ["bottle resume ", "none", ["claude-end1"]],
    ["bottle why ", "none", ["claude-run1", "claude-end1", "claude", "shell"]],
    ["bottle why claude P", "none", ["POST", "PUT", "PATCH"]],
    ["bottle why claude GET ", "none", []],
    ["bottle plan cl", "none", ["claude-run1", "claude-end1", "claude"]],
    ["bottle info sh", "none", ["shell"]],
    ["bottle info --path ", "folders", []],
    ["bottle diff ", "none", ["claude-run1", "claude-end1"]],
    ["bottle apply claude-end1 --exp", "none", ["--expect"]],
    ["bottle trust ", "folders", []],
    ["bottle init --provider ", "none", ["claude"]],
    ["bottle start claude --allow n", "none", ["npm"]],
    ["bottle start claude --allow=n", "none", ["--allow=npm"]],
    ["bottle completion z", "none", ["zsh"]],
    ["bottle nosuch ", "none", []],
    ["bottle __complete ", "none", []],
    ["bottle ls --nosuch ", "none", []],
  ] as const) {
    assert.deepEqual(await last(line), { paths, values: expected }, line);
  }
});

test("every verb, alias and option is offered, and none that is for programs only", async () => {
  const { values } = await last("bottle ");
  const shown = verbs.filter(({ hidden }) => hidden !== true);
  assert.deepEqual(values, [...shown.flatMap(({ name, aliases }) => [name, ...aliases]), "help"]);
  for (const verb of shown) {
    const offered = (await last(`bottle ${verb.name} -`)).values;
    for (const { flags } of verb.options) {
      const long = /--[a-z-]+/.exec(flags)?.[0] ?? "";
      assert.ok(offered.includes(long), `${verb.name} ${flags}`);
    }
  }
});

test("whatever was typed, candidates begin with it and are plain words on one line", async () => {
  const piece = fc.oneof(
    fc.constantFrom("start", "exec", "cp", "--", "-p", "--allow", "=", ":", "claude", "--format", "help", "", "-"),
    fc.string({ maxLength: 6, unit: "binary" }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 6 }), fc.nat(8), async (args, position) => {
      const words = ["bottle", ...args];
      const { candidates } = await completeWords(verbs, words, position, known);
      for (const { value, summary } of candidates) {
        const typed = words[position] ?? "";
        assert.ok(value.startsWith(typed) || ["=", ":"].includes(typed));
        assert.match(value, /^[\w:=.-]+$/);
        assert.doesNotMatch(summary, /[\n\t]/);
      }
    }),
  );
});
