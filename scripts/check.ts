/** `npm run check`: everything that can be said about the repository without running it. Arguments select by name. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { checkCycles, checkLayers, checkPrivateFolders } from "./check/layers.ts";
import { checkProcess, checkPurity, checkReveal } from "./check/purity.ts";
import { checkBarrels, checkNames, checkSizes } from "./check/sizes.ts";
import { type CheckResult, parsedFiles, repositoryFiles } from "./check/source.ts";
import { checkBackendNames, checkWords } from "./check/words.ts";

const root = join(import.meta.dirname, "..");

/** Runs a tool of the checkout; what it prints is shown only when it fails. */
function tool(program: string, ...args: readonly string[]): Promise<CheckResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ problems: [error.message], seen: "" }));
    child.on("close", (code) => {
      resolve({ problems: code === 0 ? [] : [output.trim() || `${program} ended with ${code}`], seen: "" });
    });
  });
}

const script = (path: string, ...args: readonly string[]) =>
  tool(process.execPath, ...process.execArgv, join(root, path), ...args);

const files = repositoryFiles(root);
const sources = parsedFiles(files, "src/");
if (sources.length === 0) throw new Error(`no source file found below ${root}/src; nothing was checked`);

const checks: Readonly<Record<string, () => CheckResult | Promise<CheckResult>>> = {
  types: () => tool(join(root, "node_modules/.bin/tsc"), "-p", root),
  style: () =>
    script(
      "node_modules/@biomejs/biome/bin/biome",
      "check",
      "--colors=off",
      "--diagnostic-level=warn",
      "--error-on-warnings",
      root,
    ),
  "dead code": () => script("node_modules/knip/bin/knip.js", "--no-progress", "--no-config-hints"),
  docs: () => script("scripts/docs.ts", "--check"),
  layers: () => checkLayers(sources),
  cycles: () => checkCycles(sources),
  "private folders": () => checkPrivateFolders(sources),
  purity: () => checkPurity(sources),
  "process owner": () => checkProcess(sources),
  secrets: () => checkReveal(sources),
  "backend names": () => checkBackendNames(sources),
  sizes: () => checkSizes(sources),
  names: () => checkNames(files),
  barrels: () => checkBarrels(sources),
  words: () => checkWords(files, [root]),
};

const selected = process.argv.slice(2);
const unknown = selected.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`no check named ${unknown.join(", ")}; there are: ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}

const started = Date.now();
const running = Object.entries(checks)
  .filter(([name]) => selected.length === 0 || selected.includes(name))
  .map(async ([name, check]) => ({ name, result: await check() }));
let failed = 0;
for (const { name, result } of await Promise.all(running)) {
  const passed = result.problems.length === 0;
  if (!passed) failed++;
  console.log(`${passed ? "ok  " : "FAIL"} ${name}${result.seen === "" ? "" : ` (${result.seen})`}`);
  for (const problem of result.problems) console.log(problem.replace(/^/gm, "     "));
}
console.log(
  `${running.length - failed} of ${running.length} checks passed in ${((Date.now() - started) / 1000).toFixed(1)} s`,
);
process.exitCode = failed === 0 ? 0 : 1;
