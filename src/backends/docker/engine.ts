import type { ChildProcess } from "node:child_process";
import type { HostCommand } from "../../core/model/command.ts";
import { BottleError, type ErrorCode } from "../../core/model/errors.ts";
import { type RunOptions, type RunResult, run } from "../../host/exec.ts";
import { findTool } from "../../host/facts.ts";
import type { Spool } from "../../host/spool.ts";
import { startProgram } from "../../host/started-program.ts";
import { diagnoseEngine } from "./diagnosis.ts";

/** How the engine is reached: its command line and the whole environment that it gets. */
export interface Engine {
  /** Absolute path of `docker`. */
  readonly docker: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What of the operator's environment reaches `docker`: which engine (context, address, certificates), and what a
 * context over SSH needs. Nothing else, since a variable could be passed on by a `-e NAME` of somebody's configuration.
 */
const PASSED = [
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_CERT_PATH",
  "DOCKER_TLS_VERIFY",
  "DOCKER_API_VERSION",
  "HOME",
  "SSH_AUTH_SOCK",
  "XDG_RUNTIME_DIR",
] as const;
/** For credential helpers and ssh. */
const PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** Pure. `docker` is null where it is not installed: HOST_UNFIT. */
export function engineIn(docker: string | null, env: Readonly<Record<string, string | undefined>>): Engine {
  if (docker === null) {
    throw new BottleError("HOST_UNFIT", "docker is not installed in a system folder", {
      hint: "apt install docker.io, or install Docker Engine as its manual says",
      facts: { finding: "docker-missing" },
    });
  }
  const passed = PASSED.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[name, value] as const];
  });
  return { docker, env: { PATH, ...Object.fromEntries(passed) } };
}

/** The engine that the operator's environment names. Throws HOST_UNFIT where no `docker` is installed. */
export function engineHere(env: Readonly<Record<string, string | undefined>> = process.env): Engine {
  return engineIn(findTool("docker"), env);
}

/** Every call has a deadline: engines that hang, and clients that ignore TERM, have been seen. */
const CALL_MS = 60_000;

/** PURE: a call as a host command. */
export function engineCommand(engine: Engine, args: readonly string[]): HostCommand {
  return { argv: [engine.docker, ...args], env: engine.env };
}

/**
 * Calls `docker` and answers whatever it said; an exit code is data. Killed with its whole group after `timeoutMs`
 * (default one minute), which the result says. Rejects with HOST_UNFIT when the program cannot be started.
 */
export function askEngine(engine: Engine, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(engineCommand(engine, args), { timeoutMs: CALL_MS, ...options });
}

/**
 * As `askEngine`, for calls that must succeed; resolves with stdout. Rejects with HOST_UNFIT and the mend when the
 * engine cannot be used at all, else with `code` and the engine's own words.
 */
export async function callEngine(
  engine: Engine,
  args: readonly string[],
  { code = "CREATE_FAILED", ...options }: RunOptions & { readonly code?: ErrorCode } = {},
): Promise<string> {
  const result = await askEngine(engine, args, options);
  if (result.code === 0) return result.stdout.toString("utf8");
  throw engineError(result, args, code);
}

/** What a failed call amounts to. */
export function engineError(
  result: { readonly stderr: Buffer; readonly code: number; readonly timedOut: boolean },
  args: readonly string[],
  code: ErrorCode,
): BottleError {
  const finding = diagnoseEngine(result.stderr.toString("utf8"), result.timedOut);
  const words = args.slice(0, 2).filter((word) => /^[a-z]+$/.test(word));
  return new BottleError(finding.unfit ? "HOST_UNFIT" : code, `docker ${words.join(" ")}: ${finding.message}`, {
    ...(finding.mend !== undefined && { hint: finding.mend }),
    facts: { finding: finding.id, code: result.code },
  });
}

/**
 * Starts a `docker` that lives on, in a session of its own so that no signal of a terminal reaches it. The caller owns
 * its pipes and its end. `more` is its descriptor 3.
 */
export function spawnEngine(engine: Engine, args: readonly string[], more?: Spool): ChildProcess {
  return startProgram(engine.docker, args, {
    env: { ...engine.env },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe", ...(more === undefined ? [] : [more.descriptor])],
    detached: true,
  });
}
