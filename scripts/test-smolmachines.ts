/**
 * `npm run test:smolmachines`: what a user does all day, by tests that say nothing of a backend, over the smolmachines backend
 * and a FAKE smolvm. Words are test files in place of that list; `--release X.Y.Z` is the release that the fake one is.
 * Needs root. Afterwards no machine may be left.
 */
import { spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { namesOf, smolvmWorld } from "../test/support/smolvm.ts";

/** Quick enough for every run; each shows another part above the backend. The demo has a test of its own. */
const EVERYDAY = ["agents/claude-inbox", "git/gate"].map((name) => `test/e2e/${name}.test.ts`);

const GRACE_MS = 20_000;

const root = join(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  options: { release: { type: "string", default: "1.9.3" } },
  allowPositionals: true,
});

const world = smolvmWorld(values.release);
process.once("exit", world.dispose);
const argv = [...process.execArgv, join(root, "scripts/test.ts"), ...(positionals.length > 0 ? positionals : EVERYDAY)];
const env = { ...process.env, ...namesOf(world) };
const child = spawn(process.execPath, argv, { cwd: root, env, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
const machines = () =>
  globSync("home/.local/share/smolvm/server/machines/*.json", { cwd: world.folder }).map((file) =>
    file.replace(/^.*\/|\.json$/g, ""),
  );
// What ends a machine after its host process was killed has a moment for it.
for (const deadline = Date.now() + GRACE_MS; machines().length > 0 && Date.now() < deadline; ) await delay(100);
const left = machines();
for (const name of left) {
  console.error(`bot-bottle: left behind: machine ${name}`);
  for (const words of [
    ["stop", "-n", name],
    ["delete", "-n", name, "-f"],
    // Of releases below 1.0.2.
    ["delete", name, "-f"],
  ])
    spawnSync(world.program, ["machine", ...words]);
}
process.exitCode = code === 0 && left.length === 0 ? 0 : 1;
