/**
 * `npm run record-contract`: runs the contract of every backend that this machine has and writes what it showed to
 * test/contract/results, from which docs/backends.md is made. Words select test files below test/contract.
 */
import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { RESULTS_LINE, recordedResults, recordResults, type ShownResults } from "../test/contract/results.ts";

const root = join(import.meta.dirname, "..");
const words = process.argv.slice(2);
const files = words.length > 0 ? words : globSync("test/contract/*.test.ts", { cwd: root });

const argv = [...process.execArgv, join(root, "scripts/test.ts"), ...files];
const env = { ...process.env, BOT_BOTTLE_RECORD: "1" };
const child = spawn(process.execPath, argv, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
let out = "";
child.stdout.setEncoding("utf8").on("data", (text: string) => {
  out += text;
  process.stdout.write(text);
});
const code = await new Promise<number | null>((resolve) => child.once("close", resolve));

const columns = new Map<string, ShownResults[]>();
for (const line of out.split("\n")) {
  if (!line.startsWith(RESULTS_LINE)) continue;
  const shown = JSON.parse(line.slice(RESULTS_LINE.length)) as ShownResults;
  columns.set(shown.column, [...(columns.get(shown.column) ?? []), shown]);
}
for (const [column, parts] of columns) {
  const clauses = Object.assign({}, recordedResults(column)?.clauses, ...parts.map((part) => part.clauses));
  const on = parts.at(-1)?.on ?? "";
  recordResults(column, { on, clauses });
  console.log(`${column}: ${parts.reduce((sum, part) => sum + Object.keys(part.clauses).length, 0)} clauses on record`);
}
process.exitCode = code === 0 && columns.size > 0 ? 0 : 1;
