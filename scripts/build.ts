/** `npm run build`: compiles src to dist for publishing, writes the manual pages and checks the package. A checkout runs without it. */
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualPages } from "./man.ts";

const root = join(import.meta.dirname, "..");

function step(name: string, program: string, ...args: readonly string[]): void {
  console.error(`bot-bottle: ${name}`);
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status === 0) return;
  console.error(`bot-bottle: ${name} failed${error === undefined ? "" : `: ${error.message}`}`);
  process.exit(1);
}

const stray = globSync("src/**/*", { cwd: root, withFileTypes: true }).filter(
  (file) => file.isFile() && !file.name.endsWith(".ts"),
);
if (stray.length > 0) {
  console.error(`bot-bottle: the compiler would leave out ${stray.map((file) => file.name).join(", ")}`);
  process.exit(1);
}
rmSync(join(root, "dist"), { recursive: true, force: true });
step("compiling src to dist", join(root, "node_modules/.bin/tsc"), "-p", "tsconfig.build.json");
const { version }: { version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
rmSync(join(root, "man"), { recursive: true, force: true });
mkdirSync(join(root, "man"));
for (const page of manualPages(version)) writeFileSync(join(root, page.path), page.text);
step("checking the package", process.execPath, join(root, "node_modules/publint/src/cli.js"), "--strict");
