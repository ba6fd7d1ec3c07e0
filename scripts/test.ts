/**
 * `npm test`: everything that this machine can run. `npm test -- unit escape` selects suites, a path selects files,
 * `--only WORDS` the tests of these whose titles have the words.
 * A tool that is missing skips its tests with the reason; BOT_BOTTLE_REQUIRE=a,b turns that into a failure.
 * Afterwards nothing may be left: processes, mounts, namespaces, control groups, temp files.
 */
import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { claudeCode } from "../src/agents/claude-code.ts";
import { findAgentBinary } from "../src/host/agent-binary.ts";
import { installDebianPackages } from "../src/host/debian-packages.ts";
import { gatherFacts } from "../src/host/facts.ts";
import { layoutOf } from "../src/state/layout.ts";
import { claudeBinary, programPath } from "../test/support/needs.ts";
import { NODE_FLAGS } from "../test/support/node-flags.ts";
import { leftBehind, takeCensus } from "./test/census.ts";
import { killDescendants, killNamed, watchChildren } from "./test/descendants.ts";
import { withLastTest } from "./test/events.ts";
import { filesAtOnce, inTurns } from "./test/schedule.ts";

const SUITES = ["unit", "contract", "integration", "escape", "faults", "fuzz", "e2e"];
/** Suites that run only when asked for: by name, or all with BOT_BOTTLE_CANARY=1. */
const ON_DEMAND = ["canaries"];
/** Suites that can do without a cage. */
const OFFLINE = ["unit", "fuzz"];
/** How long a test file may run; BOT_BOTTLE_TEST_SECONDS changes it. */
const FILE_LIMIT_MS = Number(process.env.BOT_BOTTLE_TEST_SECONDS ?? 600) * 1000;
const GRACE_MS = 5_000;

const root = join(import.meta.dirname, "..");
const say = (line: string) => console.error(`bot-bottle: ${line}`);

const { values, positionals: words } = parseArgs({ options: { only: { type: "string" } }, allowPositionals: true });
const all = process.env.BOT_BOTTLE_CANARY === "1" ? [...SUITES, ...ON_DEMAND] : SUITES;
const selected = words.length === 0 ? all : words;
const known = [...SUITES, ...ON_DEMAND];
const files = selected.flatMap((word) => {
  const found = known.includes(word)
    ? globSync(`test/${word}/**/*.test.ts`, { cwd: root })
    : globSync(word, { cwd: root });
  if (found.length === 0 && !known.includes(word)) {
    say(`no suite and no test file is named ${word}; suites: ${known.join(", ")}`);
    process.exit(2);
  }
  return found.sort().map((path) => resolve(root, path));
});

if (!files.every((file) => OFFLINE.some((suite) => file.startsWith(join(root, "test", suite))))) {
  const missing = Object.entries({ bwrap: "bubblewrap", tmux: "tmux" }).flatMap(([program, name]) =>
    programPath(program) === null ? [name] : [],
  );
  if (missing.length > 0) {
    const outcome = await installDebianPackages(missing, say);
    const names = missing.join(" and ");
    if (!outcome.ok) say(`without ${names} tests are skipped (${outcome.why}); type: ${outcome.type}`);
  }
  if (claudeBinary() === null) await fetchClaude();
}

/** The pinned Claude Code of the agent rack, where `bottle start` would put it. Without it the tests that need it are skipped. */
async function fetchClaude(): Promise<void> {
  const facts = gatherFacts();
  const { cache } = layoutOf(process.env, facts.home, facts.uid);
  // An empty PATH: the pinned package, not a program of this machine.
  const env = { ...process.env, PATH: "" };
  const tell = (line: string) => console.error(line);
  const search = { provider: claudeCode, command: null, workspace: root, cwd: root, facts, cache, env, say: tell };
  try {
    await findAgentBinary(search);
  } catch (error) {
    say(`the tests with Claude Code are skipped: ${error instanceof Error ? error.message : String(error)}`);
  }
}

// The run's own temp, state and config folders: no test sees the operator's, and what stays in them is a leftover.
// The name is short, since socket paths end at 107 bytes. Tests that become another user need to get through it.
const folder = mkdtempSync(join(tmpdir(), "bbt-"));
chmodSync(folder, process.getuid?.() === 0 ? 0o1777 : 0o700);
const alone = process.env.CI !== undefined;
const census = () => takeCensus(folder, alone);
const before = census();
const state = mkdtempSync(join(tmpdir(), "bbs-"));
Object.assign(process.env, {
  TMPDIR: folder,
  XDG_STATE_HOME: join(state, "state"),
  XDG_CONFIG_HOME: join(state, "config"),
  XDG_RUNTIME_DIR: join(state, "run"),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
});
for (const name of ["state", "config", "run"]) mkdirSync(join(state, name), { mode: 0o700 });

/** Ends processes of the run that nobody waits for any more: those that carry its folder, never by their name alone. */
function endFresh(): void {
  killNamed([...takeCensus(folder, false).processes.keys()].filter((id) => !before.processes.has(id)));
}

/** What the run left, after a moment for processes that are about to end; an interrupted run ends them itself. */
async function leftovers(): Promise<readonly string[]> {
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    if (abort.signal.aborted) endFresh();
    const left = leftBehind(before, census());
    if (left.length === 0 || Date.now() > deadline) return left;
    await wait(100);
  }
}

// What is left is reported, and does not stay.
process.once("exit", () => {
  endFresh();
  rmSync(folder, { recursive: true, force: true });
  rmSync(state, { recursive: true, force: true });
});

const abort = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    process.exitCode = 1;
    killDescendants();
    abort.abort(new Error(`ended by ${signal}`));
  });
}
const stopWatching = watchChildren(FILE_LIMIT_MS, (argv) => {
  say(`killed after ${FILE_LIMIT_MS / 1000} s: ${argv.filter((word) => word !== "").at(-1)}`);
});

const events = run({
  files: [...inTurns(files)],
  concurrency: filesAtOnce(availableParallelism()),
  signal: abort.signal,
  execArgv: [...NODE_FLAGS],
  ...(values.only !== undefined && { testNamePatterns: [values.only.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")] }),
});
const output = Readable.from(
  withLastTest(events, "nothing is left behind", leftovers, () => {
    process.exitCode = 1;
  }),
).compose(new spec());
output.pipe(process.stdout);
await finished(output);
stopWatching();
