import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { skipWithout } from "../../support/needs.ts";

const root = join(import.meta.dirname, "../../..");

/** One fault for each check, each in a file of its own. */
const FAULTS: Readonly<Record<string, readonly [path: string, text: string]>> = {
  types: ["src/core/wrong-type.ts", 'export const count: number = "one";\n'],
  style: ["src/core/style.ts", "export   const  a='b'\n"],
  "dead code": ["src/core/nobody.ts", "export const nobody = 1;\n"],
  docs: ["docs/errors.md", "# Errors\n"],
  layers: ["src/core/upward.ts", 'import { verbs } from "../cli/verbs.ts";\n\nexport const count = verbs.length;\n'],
  cycles: ["src/core/self.ts", 'import type { B } from "./self.ts";\n\nexport type B = B | null;\n'],
  "private folders": ["src/core/burglar.ts", 'import "./model/errors.ts";\n'],
  purity: ["src/core/dice.ts", "export const dice = () => Math.random();\n"],
  "process owner": ["src/host/leave.ts", "export const leave = () => process.exit(0);\n"],
  secrets: ["src/host/open.ts", "export const open = (secret: { reveal(): string }) => secret.reveal();\n"],
  "backend names": ["src/host/engine.ts", 'export const isDocker = (name: string) => name === "docker";\n'],
  sizes: ["src/core/long.ts", "// long\n".repeat(301)],
  names: ["src/core/utils.ts", "export const utils = 1;\n"],
  barrels: ["src/core/barrel.ts", 'export { ERROR_CODES } from "./model/errors.ts";\n'],
  words: ["docs/plan.md", `TO${"DO"}: everything\n`],
};

describe("npm run check", { skip: skipWithout("git") }, () => {
  let area = "";

  before(() => {
    area = mkdtempSync(join(tmpdir(), "check-"));
    for (const name of [
      "src",
      "scripts",
      // The page of the attack catalogue is made from the titles of the tests.
      "test",
      "docs",
      "examples",
      // A part of it is generated.
      "SECURITY.md",
      "package.json",
      "tsconfig.json",
      "biome.json",
      "knip.json",
    ]) {
      cpSync(join(root, name), join(area, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(area, "node_modules"));
    writeFileSync(join(area, ".gitignore"), "node_modules\n");
    // Where a user without a home keeps what is fetched.
    mkdirSync(join(area, ".cache"));
    writeFileSync(join(area, ".cache/fetched.ts"), "export   const  a='b'\n");
    spawnSync("git", ["init", "-q"], { cwd: area });
  });
  after(() => rmSync(area, { recursive: true }));

  const check = (...names: readonly string[]) =>
    spawnSync(process.execPath, [join(area, "scripts/check.ts"), ...names], {
      cwd: area,
      encoding: "utf8",
      timeout: 120_000,
    });

  test("every check finds a planted fault, names the file and fails the run", () => {
    // A door beside core/model makes that folder private.
    writeFileSync(join(area, "src/core/model.ts"), "export const door = 1;\n");
    for (const [path, text] of Object.values(FAULTS)) {
      mkdirSync(dirname(join(area, path)), { recursive: true });
      writeFileSync(join(area, path), text);
    }
    const { status, stdout, stderr } = check();
    assert.equal(status, 1, stderr);
    const passed = [...stdout.matchAll(/^ok {3}(\w[\w ]*?)(?: \(|$)/gm)].map((match) => match[1]);
    assert.deepEqual(passed, [], "these checks saw nothing");
    const failed = [...stdout.matchAll(/^FAIL (\w[\w ]*?)(?: \(|$)/gm)].map((match) => match[1]);
    assert.deepEqual(failed.sort(), Object.keys(FAULTS).sort());
    for (const [name, [path]] of Object.entries(FAULTS)) {
      const part = stdout.split(/^(?=FAIL )/m).find((text) => text.startsWith(`FAIL ${name}`)) ?? "";
      assert.ok(part.includes(path), `${name} does not name ${path}:\n${part}`);
    }
    assert.ok(!stdout.includes("fetched.ts"), stdout);
  });

  test("a selected check runs alone, an unknown one is a usage error", () => {
    const one = check("names");
    assert.match(one.stdout, /^FAIL names[\s\S]*0 of 1 checks passed/);
    const none = check("no-such-check");
    assert.equal(none.status, 2);
    assert.match(none.stderr, /there are: types, /);
  });
});
