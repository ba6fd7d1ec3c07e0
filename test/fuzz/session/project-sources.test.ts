import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { claudeCode } from "../../../src/agents/claude-code.ts";
import { BottleError } from "../../../src/core/model/errors.ts";
import { gatherFacts } from "../../../src/host/facts.ts";
import { protectedFolders } from "../../../src/host/protected-folders.ts";
import { findSetup } from "../../../src/session/agent-setup.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import fc from "../../support/properties.ts";

const NAMES = ["SKILL.md", "plain", "a", "b", "in", "out", "up", "root", "loop", "x.md"];

test("row 141: whatever paths a project's file names, and whatever links stand in it, nothing of outside comes in", async (context) => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "sources-")));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const project = join(home, "project");
  const layout = layoutOf({}, home, process.getuid?.() ?? 0);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  for (const folder of ["a", "a/b", "b", "in", "plain"]) {
    for (const name of ["SKILL.md", "x.md"]) write(`project/${folder}/${name}`, "of the project");
    for (const name of ["SKILL.md", "x.md"]) write(`outside/${folder}/${name}`, "of outside");
  }
  write("outside/SKILL.md", "of outside");
  for (const [path, target] of [
    ["out", "../outside"],
    ["up", ".."],
    ["root", "/"],
    ["loop", "loop"],
    ["a/out", join(home, "outside")],
    ["a/b/out.md", "../../../outside/SKILL.md"],
    ["b/in", "../in"],
    ["in/up", "../../outside/a"],
  ] as const) {
    symlinkSync(target, join(project, path));
  }
  const facts = { ...gatherFacts(), home };
  const env = { HOME: home };
  const folders = await protectedFolders(home, layout, env);
  const find = (skills: readonly string[], promptFile: string | null) =>
    findSetup(
      {
        ...{ agent: "a", provider: claudeCode, command: null, args: [], instructions: null, deny: [] },
        ...{ bottleName: "default", bottle: { git: { identity: "none" } } },
        wanted: { promptFile, skills, config: [] },
        origin: { by: "project", file: join(project, "bot-bottle.json") },
      },
      project,
      folders,
      { facts, layout, env },
    );
  const part = fc.constantFrom(...NAMES, "out.md", "outside", "project", "..", ".", "", "~", "etc", "passwd");
  const start = fc.constantFrom("", "", "", "/", "~/", `${home}/`, `${project}/`, "../", "./");
  const path = fc
    .tuple(start, fc.array(part, { minLength: 1, maxLength: 3 }))
    .map(([from, parts]) => from + parts.join("/"));
  let brought = 0;
  await fc.assert(
    fc.asyncProperty(path, path, async (skill, prompt) => {
      for (const [skills, promptFile] of [[[skill], null] as const, [[], prompt] as const]) {
        const found = await find(skills, promptFile).catch((error: unknown) => {
          assert.ok(error instanceof BottleError && error.code === "SOURCE_REFUSED", String(error));
          return null;
        });
        for (const { host } of found?.skills.flatMap(({ files }) => files) ?? []) {
          brought += 1;
          assert.ok(host.startsWith(`${project}/`), `${skill} brought ${host}`);
        }
        if (found?.instructions) assert.equal(found.instructions, "of the project", prompt);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(brought > 0, "no skill came in at all: the paths prove nothing");
});
