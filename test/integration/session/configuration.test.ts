import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadBackend } from "../../../src/backends/builtins.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { changedConfiguration } from "../../../src/session/provisioned.ts";
import { provisionedText } from "../../../src/session/provisioned-text.ts";
import { pathsIn } from "../../../src/state/layout.ts";
import { ordinaryUser, skipWithout } from "../../support/needs.ts";

const skip = skipWithout("bubblewrap");
const WATCHED = ["CLAUDE.md", "commands", ".state.json#servers"].map((path) => `/home/agent/${path}`);
const PLACED = [
  { path: "/home/agent/CLAUDE.md", mode: 0o644, content: Buffer.from("one\n") },
  { path: "/home/agent/commands/foo.md", mode: 0o644, content: Buffer.from("foo\n") },
];

/** A bottle's folder on disk, with a home as an agent might leave it; `write` places files in that home. */
function place(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "configured-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = pathsIn(folder);
  mkdirSync(paths.home);
  if (process.getuid?.() === 0) chownSync(paths.home, ordinaryUser().uid, ordinaryUser().gid);
  const setup = { brought: [], leftOut: [], notes: [], watched: WATCHED };
  writeFileSync(paths.provisioned, provisionedText({ setup }, PLACED));
  const write = (path: string, text: string | Buffer) => {
    mkdirSync(dirname(join(paths.home, path)), { recursive: true });
    writeFileSync(join(paths.home, path), text);
  };
  const look = async () => {
    const backend = await loadBackend("bubblewrap");
    const context = { facts: gatherFacts(), signal: new AbortController().signal };
    const { changes, whole } = await changedConfiguration({ name: "configured", backend, paths }, context);
    return { said: changes.map(({ kind, path }) => `${kind} ${path.replace("/home/agent/", "")}`), changes, whole };
  };
  return { paths, write, look };
}

test("what is as it was is not told; what is not there counts as removed", { skip }, async (context) => {
  const at = place(context);
  assert.deepEqual((await at.look()).said, ["removed CLAUDE.md", "removed commands/foo.md"]);
  for (const { path, content } of PLACED) at.write(path.replace("/home/agent/", ""), content);
  at.write(".state.json", '{"memory": "of the agent"}');
  at.write("elsewhere.md", "x");
  assert.deepEqual(await at.look(), { said: [], changes: [], whole: true });
});

test("row 143: links, FIFOs and folders of links in the home are not followed, and nobody waits", {
  skip,
}, async (context) => {
  const at = place(context);
  at.write("commands/foo.md", "foo\n");
  at.write("outside/x.md", "outside");
  symlinkSync("/etc/passwd", join(at.paths.home, "CLAUDE.md"));
  symlinkSync("/etc/passwd", join(at.paths.home, "commands/passwd.md"));
  symlinkSync("../outside", join(at.paths.home, "commands/sub"));
  execFileSync("mkfifo", [join(at.paths.home, "commands/pipe.md")]);
  assert.deepEqual((await at.look()).said, ["removed CLAUDE.md"]);
  rmSync(join(at.paths.home, "commands"), { recursive: true });
  symlinkSync("outside", join(at.paths.home, "commands"));
  assert.deepEqual((await at.look()).said, ["removed CLAUDE.md", "removed commands/foo.md"]);
});

test("row 143: a huge file, a host of files and a name like an option end the look, and are said to", {
  skip,
}, async (context) => {
  const huge = place(context);
  huge.write("CLAUDE.md", "one\n");
  huge.write("commands/big.md", "");
  execFileSync("truncate", ["--size=20G", join(huge.paths.home, "commands/big.md")]);
  assert.deepEqual(await huge.look(), { said: [], changes: [], whole: false });
  const many = place(context);
  many.write("CLAUDE.md", "two\n");
  for (let index = 0; index < 4200; index++) many.write(`commands/${index}.md`, "");
  const found = await many.look();
  assert.equal(found.whole, false);
  assert.ok(found.said.includes("changed CLAUDE.md") && !found.said.some((line) => line.startsWith("removed")));
  const odd = place(context);
  for (const { path, content } of PLACED) odd.write(path.replace("/home/agent/", ""), content);
  odd.write("commands/--checkpoint-action=exec=sh x.md", "x");
  odd.write("commands/a\nb.md", "x");
  assert.deepEqual((await odd.look()).said, [
    "added commands/--checkpoint-action=exec=sh x.md",
    "added commands/a\nb.md",
  ]);
});

test("a bottle that does not tell how it began is an error with a way on", { skip }, async (context) => {
  const at = place(context);
  for (const text of ["{", "{}", '{"schema": 2, "watched": [], "files": []}']) {
    writeFileSync(at.paths.provisioned, text);
    await assert.rejects(at.look(), (error) => error instanceof BottleError && error.code === "STATE_UNUSABLE");
  }
  rmSync(at.paths.provisioned);
  await assert.rejects(at.look(), /provisioned\.json is missing/);
});
