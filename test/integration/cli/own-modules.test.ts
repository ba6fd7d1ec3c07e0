import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { NODE_FLAGS } from "../../support/node-flags.ts";

const src = new URL("../../../src/", import.meta.url).href;

/** Runs a module that can load as the program does, and answers what it printed. */
function run(script: string) {
  const text = `import { loadOwnModules } from "${src}cli/own-modules.ts";\n${script}`;
  return spawnSync(process.execPath, [...NODE_FLAGS, "--input-type=module"], { input: text, encoding: "utf8" });
}

test("a module that Node found before and one that we find are the same one", () => {
  const { stdout, stderr } = run(`
    const before = await import("${src}core/model/errors.ts");
    loadOwnModules();
    const { searchFor } = await import("${src}session/secret-search.ts");
    const { Secret } = await import("${src}core/model/secret.ts");
    try {
      searchFor([new Secret("short", "x")]);
    } catch (error) {
      console.log(error instanceof before.BottleError, error.code);
    }
  `);
  assert.equal(stdout, "true SECRET_UNRESOLVED\n", stderr);
});

test("relative imports of our own are not asked of Node, all others are; what is missing is named", () => {
  const { stdout, stderr } = run(`
    import { registerHooks } from "node:module";
    const asked = [];
    registerHooks({ resolve(specifier, context, next) { asked.push(specifier); return next(specifier, context); } });
    loadOwnModules();
    await import("${src}state/layout.ts");
    console.log(asked.filter((one) => /^[.]|^node:/.test(one)));
    await import("${src}state/manifest-text.ts");
    console.log(asked.includes("jsonc-parser"));
    await import("node:no-such-part").catch((error) => console.log(error.code));
    await import("${src}cli/no-such-verb.ts").catch((error) => console.log(error.code));
  `);
  assert.equal(stdout, "[]\ntrue\nERR_UNKNOWN_BUILTIN_MODULE\nERR_MODULE_NOT_FOUND\n", stderr);
});
