/**
 * `npm run switch-off`: switches each remedy of the smolmachines driver off, in a copy of this tree, and runs the test that
 * must fail then; with the remedy it must pass. Words are ids of remedies in place of all. As root; some ten minutes.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REMEDIES, type Remedy } from "./switch-off/remedies.ts";
import { without } from "./switch-off/without.ts";

/** What tests read of the tree, beside the dependencies. */
const COPIED = ["bin", "docs", "examples", "images", "package.json", "scripts", "src", "test", "tsconfig.json"];
const LIMIT_MS = 150_000;

const root = join(import.meta.dirname, "..");
const copy = mkdtempSync(join(tmpdir(), "switch-off-"));
// What a test without its remedy was killed over may leave: empty control groups.
const groups = () => globSync("/sys/fs/cgroup/{,memory/}fake-smolvm-*");
const before = new Set(groups());
process.once("exit", () => {
  rmSync(copy, { recursive: true, force: true });
  for (const group of groups().filter((path) => !before.has(path))) {
    try {
      rmdirSync(group);
    } catch {
      // Of somebody who runs.
    }
  }
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** Why the tests fail, in a line; null: they pass. Throws when they did not run. */
function failure({ test, only }: Remedy): string | null {
  const argv = [...process.execArgv, join(copy, "scripts/test.ts"), test, "--only", only];
  const env = { ...process.env, BOT_BOTTLE_CONTRACT: "whole", BOT_BOTTLE_TEST_SECONDS: String(LIMIT_MS / 1000) };
  const { status, stdout } = spawnSync(process.execPath, argv, { cwd: copy, env, encoding: "utf8", input: "" });
  const ran = stdout
    .split("\n")
    .some((line) => /^ *[✔✖] /.test(line) && line.includes(only) && !line.includes("# SKIP"));
  if (!ran) throw new Error(`no test of ${test} ran for "${only}":\n${stdout}`);
  if (status === 0) return null;
  const words = /^✖ failing tests:\n[\s\S]*?\n {2}(?! *')(.*)$/m.exec(stdout)?.[1] ?? "it did not end in time";
  return words.replaceAll(copy, "").slice(0, 160);
}

const asked = process.argv.slice(2);
const unknown = asked.filter((word) => !REMEDIES.some(({ id }) => id === word));
if (unknown.length > 0) {
  console.error(`no remedy is named ${unknown.join(", ")}; there are: ${REMEDIES.map(({ id }) => id).join(", ")}`);
  process.exit(2);
}
const chosen = REMEDIES.filter(({ id }) => asked.length === 0 || asked.includes(id));
const whole = new Map<string, string | null>();
let wrong = 0;
for (const remedy of chosen) {
  const key = `${remedy.test} ${remedy.only}`;
  if (!whole.has(key)) whole.set(key, failure(remedy));
  const on = whole.get(key) ?? null;
  const files = without(remedy, (file) => readFileSync(join(copy, file), "utf8"));
  for (const { file, off } of files) writeFileSync(join(copy, file), off);
  const off = on === null ? failure(remedy) : null;
  for (const { file, on } of files) writeFileSync(join(copy, file), on);
  const good = on === null && off !== null;
  if (!good) wrong += 1;
  console.log(`${good ? "ok  " : "BAD "} ${remedy.id}: ${remedy.off}`);
  console.log(
    `     ${on !== null ? `fails with it: ${on}` : off === null ? "nothing fails without it" : `then: ${off}`}`,
  );
}
console.log(`${chosen.length - wrong} of ${chosen.length} remedies are needed by a test`);
process.exitCode = wrong === 0 ? 0 : 1;
