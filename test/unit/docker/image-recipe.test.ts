import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildArguments,
  contentReference,
  currentReference,
  inputsOf,
  labelledDockerfile,
  nameOf,
  pinnedBase,
  REPOSITORY,
  type Recipe,
} from "../../../src/backends/docker/images/recipe.ts";

const text = (path: string, content: string, mode = 0o644) => ({ path, mode, content: Buffer.from(content) });

const recipe: Recipe = {
  name: "claude",
  kind: "agent",
  dockerfile: "ARG BASE=debian:12\nFROM ${BASE}\n",
  files: [
    text("a", "1"),
    text("b", "2"),
    { path: "program/claude", mode: 0o755, content: { path: "/nowhere/claude", identity: "npm claude@1 sha512-x" } },
  ],
};

test("the inputs of an image are the same wherever it is built, in whatever order its files are named", () => {
  const moved = { path: "program/claude", mode: 0o755, content: { path: "/else", identity: "npm claude@1 sha512-x" } };
  assert.equal(inputsOf({ ...recipe, files: [moved, text("b", "2"), text("a", "1")] }), inputsOf(recipe));
});

test("parts.md row 32: whatever goes into an image changes its inputs", () => {
  const [a = text("", ""), b = text("", ""), program = text("", "")] = recipe.files;
  const other: readonly Recipe[] = [
    { ...recipe, name: "codex" },
    { ...recipe, dockerfile: `${recipe.dockerfile}# more\n` },
    { ...recipe, files: [a, b] },
    { ...recipe, files: [text("a", "2"), b, program] },
    { ...recipe, files: [text("a", "1", 0o755), b, program] },
    { ...recipe, files: [text("c", "1"), b, program] },
    // The same bytes at other borders.
    { ...recipe, files: [text("a", "12"), text("b", ""), program] },
    {
      ...recipe,
      files: [
        a,
        b,
        { path: "program/claude", mode: 0o755, content: { path: "/nowhere/claude", identity: "npm claude@2" } },
      ],
    },
    // A file that holds the words of an identity is no program of that identity.
    { ...recipe, files: [a, b, text("program/claude", "npm claude@1 sha512-x", 0o755)] },
  ];
  const seen = new Set([inputsOf(recipe), ...other.map(inputsOf)]);
  assert.equal(seen.size, other.length + 1);
});

test("a tag says recipe, base and time, and is one that the engine accepts", () => {
  const parts = { name: "claude", inputs: "i", baseId: "sha256:1", epoch: "" };
  const reference = contentReference(parts, REPOSITORY);
  assert.match(reference, /^localhost\/bot-bottle\/claude:[0-9a-f]{20}$/);
  assert.equal(nameOf(reference, REPOSITORY), "claude");
  for (const change of [{ inputs: "j" }, { baseId: "sha256:2" }, { epoch: "2026-01-01T00:00:00.000Z" }]) {
    assert.notEqual(contentReference({ ...parts, ...change }, REPOSITORY), reference);
  }
});

test("an image that could come from a public registry is none of ours", () => {
  assert.ok(currentReference("claude", REPOSITORY).startsWith("localhost/"));
  const tag = "0123456789abcdef0123";
  const strangers = [
    `bot-bottle/claude:${tag}`,
    `docker.io/bot-bottle/claude:${tag}`,
    `localhost/bot-bottle/claude:latest`,
    `localhost/bot-bottle/claude:${tag}0`,
    `localhost/bot-bottle/a/b:${tag}`,
    `localhost/bot-bottle-test/debian:${tag}`,
    `localhost/bot-bottle/claude:${tag}\n`,
    "",
  ];
  for (const reference of strangers) assert.equal(nameOf(reference, REPOSITORY), null, reference);
});

const reference = "localhost/bot-bottle/claude:0123456789abcdef0123";
const build = { reference, base: "debian:12", offline: false, fresh: false };

test("a build is tagged by the engine as its last step, and reads its context from stdin", () => {
  assert.deepEqual(buildArguments(build), [
    "build",
    "--force-rm",
    "--tag=localhost/bot-bottle/claude:0123456789abcdef0123",
    "--build-arg=BASE=debian:12",
    "-",
  ]);
});

test("--offline gives a build no network, --fresh no cache", () => {
  assert.ok(buildArguments({ ...build, offline: true }).includes("--network=none"));
  assert.ok(buildArguments({ ...build, fresh: true }).includes("--no-cache"));
});

test("the last instruction labels the image with kind, reference, inputs, base and version", () => {
  const labels = { reference, kind: recipe.kind, inputs: "ab", baseId: "sha256:cd", version: "1.2.3" };
  const lines = labelledDockerfile(recipe, labels).split("\n");
  assert.deepEqual(lines.slice(0, 2), recipe.dockerfile.split("\n").slice(0, 2));
  assert.deepEqual(lines.slice(2), [
    `LABEL bot-bottle.image.kind="agent" bot-bottle.image.reference="${reference}" bot-bottle.image.inputs="ab" bot-bottle.image.base="sha256:cd" bot-bottle.image.version="1.2.3"`,
    "",
  ]);
});

test("the base of a Dockerfile is the default of its argument BASE", () => {
  assert.equal(pinnedBase(recipe.dockerfile), "debian:12");
  assert.equal(pinnedBase("FROM debian\n"), null);
});
