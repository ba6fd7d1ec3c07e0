import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRunning } from "../../src/host/process-identity.ts";
import { parseRecord } from "../../src/state/record-format.ts";
import { ordinaryUser } from "./needs.ts";
import { NODE_FLAGS } from "./node-flags.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An operator with an empty home, a folder to work in, and nothing of the real user's configuration or state. */
export interface Operator extends Disposable {
  readonly home: string;
  readonly workspace: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs `bottle ARGS` to its end. */
  bottle(args: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<CliResult>;
  /** Starts `bottle ARGS`; the test ends it. */
  spawn(args: readonly string[], env?: Record<string, string>): ChildProcess;
  /** The words that run bottle in a shell. */
  readonly words: readonly string[];
  writeManifest(text: string): void;
}

/** By these a whole suite is run on another backend or engine. */
const BACKEND_VARIABLES = [
  ...["BOT_BOTTLE_BACKEND", "BOT_BOTTLE_IMAGE", "DOCKER_HOST", "DOCKER_CONTEXT"],
  ...["BOT_BOTTLE_SMOLVM", "BOT_BOTTLE_SMOLVM_IMAGE"],
];

function passed(...names: readonly string[]): Record<string, string> {
  const set = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return Object.fromEntries(set) as Record<string, string>;
}

/** Makes an operator; disposing removes the home, which must hold no bottle any more. */
export function newOperator(): Operator {
  const home = mkdtempSync(join(tmpdir(), "operator-"));
  const workspace = join(home, "project");
  mkdirSync(workspace);
  writeFileSync(join(workspace, "README"), "a project\n");
  // As root the agent becomes the owner of the folder, which root itself must not be.
  if (process.getuid?.() === 0) {
    // A machine shows folders with the host's ids, and in there the agent is uid 1000.
    const machines = process.env.BOT_BOTTLE_BACKEND === "smolmachines";
    const { uid, gid } = machines ? { uid: 1000, gid: 1000 } : ordinaryUser();
    chmodSync(home, 0o755);
    chownSync(workspace, uid, gid);
  }
  const env = {
    HOME: home,
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    TERM: "xterm-256color",
    LANG: "C.UTF-8",
    TMPDIR: tmpdir(),
    XDG_RUNTIME_DIR: join(home, "run"),
    ...passed("NODE_COMPILE_CACHE", ...BACKEND_VARIABLES),
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  const words = [process.execPath, ...NODE_FLAGS, MAIN];
  const start = (args: readonly string[], more: Record<string, string> = {}) =>
    spawn(process.execPath, [...NODE_FLAGS, MAIN, ...args], {
      cwd: workspace,
      env: { ...env, ...more },
      stdio: ["pipe", "pipe", "pipe"],
    });
  return {
    home,
    workspace,
    env,
    words,
    spawn: start,
    async bottle(args, options = {}) {
      const child = start(args, options.env);
      child.stdin?.end(options.stdin ?? "");
      const [stdout, stderr, code] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        new Promise<number | null>((resolve) => child.once("close", resolve)),
      ]);
      return { code, stdout, stderr };
    },
    writeManifest(manifest) {
      const file = join(home, ".config", "bot-bottle", "bot-bottle.json");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, manifest);
    },
    [Symbol.dispose]: () => {
      endHosts(home);
      awaitEnd(home);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A test that failed leaves detached bottles running, and nobody else would end them. */
function endHosts(home: string): void {
  for (const file of globSync(".local/state/bot-bottle/bottles/*/record.json", { cwd: home })) {
    const parsed = parseRecord(readFileSync(join(home, file), "utf8"));
    if (!parsed.ok || parsed.record.detached !== true || !isRunning(parsed.record.host)) continue;
    if (parsed.record.host.pid === process.pid) continue;
    process.kill(parsed.record.host.pid, "SIGKILL");
  }
}

/** What a busy machine takes to close a detached bottle. */
const CLOSES_MS = 20_000;

/**
 * Waits for the programs of this operator that are about to end, as a dashboard whose terminal has just gone: what such
 * a program still writes would bring the home back. One that stays is for the census of the run.
 */
function awaitEnd(home: string): void {
  const theirs = () =>
    globSync("/proc/[0-9]*/environ").some((file) => {
      try {
        return readFileSync(file, "utf8").split("\0").includes(`HOME=${home}`);
      } catch {
        return false;
      }
    });
  const deadline = performance.now() + CLOSES_MS;
  while (theirs() && performance.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

/** What a busy machine takes for what an idle one does at once. */
const EVENTUALLY_MS = 60_000;

/** Waits until `probe` answers something, polling with a deadline. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const deadline = performance.now() + EVENTUALLY_MS;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${EVENTUALLY_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
