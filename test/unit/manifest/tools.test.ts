import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { formatProblem } from "../../../src/core/plan/manifest-problems.ts";
import { layoutOf } from "../../../src/state/layout.ts";
import { loadManifest } from "../../../src/state/manifests.ts";
import { testRack } from "../../support/manifest-rack.ts";

const uid = process.getuid?.() ?? 0;

/** What is wrong with an operator's file that defines one bottle, without the file's name. */
async function problemsOf(context: TestContext, bottle: string): Promise<readonly string[]> {
  const home = mkdtempSync(join(tmpdir(), "manifest-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  const layout = layoutOf({}, home, uid);
  mkdirSync(dirname(layout.operatorManifest), { recursive: true });
  writeFileSync(layout.operatorManifest, `{"bottles": {"default": ${bottle}}}`);
  const manifest = await loadManifest({ layout, workspace: home, home, uid }, testRack);
  return manifest.problems.map((problem) => formatProblem(problem).replace(`${layout.operatorManifest}:`, ""));
}

test("every way to name a toolchain, a folder and a cache is sound", async (context) => {
  const tools = '["nvm", "rustup", {"path": "/opt/x"}, {"path": "~/x", "bin": [".", "a/b"]}]';
  assert.deepEqual(await problemsOf(context, `{"tools": ${tools}, "caches": {"go": "read-only"}}`), []);
});

for (const [what, bottle, said] of [
  ["a name that is almost one", '{"tools": ["nwm"]}', /tools\[0\]: no toolchain is called "nwm"; did you mean nvm\?/],
  ["a name that is none", '{"tools": ["fortran-77"]}', /there is: .*rustup.*, or \{"path": folder/],
  ["a number", '{"tools": [1]}', /tools\[0\]: expected one of/],
  ["a folder below nothing fixed", '{"tools": [{"path": "x"}]}', /tools\[0\]\.path: a path starts with/],
  ["a bin that climbs out", '{"tools": [{"path": "/opt/x", "bin": ["../y"]}]}', /bin\[0\]: a folder below `path`/],
  ["a bin from the root", '{"tools": [{"path": "/opt/x", "bin": ["/etc"]}]}', /bin\[0\]: a folder below `path`/],
  ["another key", '{"tools": [{"path": "/opt/x", "bim": []}]}', /did you mean bin\?/],
  ["a cache that its tool must write to", '{"caches": {"npm": "read-only"}}', /unknown key "npm" \(.*go/],
  ["a cache to write to", '{"caches": {"go": "read-write"}}', /caches\.go: expected "read-only"/],
] as const) {
  test(`tools and caches: ${what} is a problem with its place and a hint`, async (context) => {
    const problems = await problemsOf(context, bottle);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", said);
  });
}
