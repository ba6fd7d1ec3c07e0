import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const src = join(import.meta.dirname, "../../../src");

/** Packages that are loaded when a start reads its manifests and plans. */
const SCRIPT = `
  import { registerHooks } from "node:module";
  const packages = new Set();
  registerHooks({ resolve(name, context, next) {
    if (/^[a-z@]/.test(name) && !name.startsWith("node:")) packages.add(name);
    return next(name, context);
  } });
  const [, home] = process.argv;
  const { layoutOf } = await import("${src}/state/layout.ts");
  const { loadManifest } = await import("${src}/state/manifests.ts");
  await import("${src}/core/plan/resolve.ts");
  await import("${src}/core/plan/selection.ts");
  const uid = process.getuid();
  await loadManifest({ layout: layoutOf({}, home, uid), workspace: home, home, uid }, {});
  console.log(JSON.stringify([...packages].sort()));
`;

function loaded(home: string): string[] {
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT, home], { encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

test("a start without a manifest loads neither zod nor a JSON parser", (context) => {
  const home = mkdtempSync(join(tmpdir(), "lazy-"));
  context.after(() => rmSync(home, { recursive: true, force: true }));
  assert.deepEqual(
    loaded(home).filter((name) => /zod|jsonc|undici/.test(name)),
    [],
  );
  mkdirSync(join(home, ".config/bot-bottle"), { recursive: true });
  writeFileSync(join(home, ".config/bot-bottle/bot-bottle.json"), "{}");
  const withFile = loaded(home);
  assert.ok(withFile.includes("zod") && withFile.includes("jsonc-parser"), withFile.join());
});
