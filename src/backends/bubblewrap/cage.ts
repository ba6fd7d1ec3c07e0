import type { ChildProcess } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { BottleError } from "../../core/model/errors.ts";
import { identify, isPresent, signalProcess } from "../../host/process-identity.ts";
import { startProgram } from "../../host/started-program.ts";
import { type CageMode, FD, idMap } from "./cage-arguments.ts";
import { diagnose } from "./diagnosis.ts";
import { TAG_VARIABLE } from "./entry-arguments.ts";
import { entrancesOf, readLink } from "./processes.ts";

/** What to spawn: bwrap reads `arguments` from a pipe, so that no host path shows in any argv. */
export interface CageSpec {
  readonly mode: CageMode;
  /** Kernel ids of the agent. */
  readonly uid: number;
  readonly gid: number;
  readonly bwrap: string;
  readonly shell: string;
  /** Words before the shell, and their environment (systemd-run); empty otherwise. */
  readonly prefix: readonly string[];
  readonly prefixEnv: Readonly<Record<string, string>>;
  /** Shell lines that run before bwrap, from `launchScript`. */
  readonly launch: string;
  /** For `survey`: which bottle and whose. Visible in the host's process list only. */
  readonly tag: string;
  readonly arguments: readonly string[];
  /** Bytes of a seccomp filter that bwrap reads from FD.filter; absent: `arguments` name another one, or none. */
  readonly filter?: Uint8Array;
  readonly command: readonly string[];
}

/** A spawned cage. `init` is its pid 1, `monitor` the bwrap that waits for it; both as the host sees them. */
export interface Cage {
  readonly init: ProcessIdentity;
  readonly monitor: ProcessIdentity;
  /** `pid:[4026532183]`: what all of its processes have in common. */
  readonly pidNamespace: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** All that bwrap and the command said on stderr (at most 16 KiB), after the cage has ended. */
  words(): Promise<string>;
  /** The error that these words amount to. */
  failure(): Promise<BottleError>;
  /** Stops reading stderr. */
  silence(): void;
  /** Exit code of the command, once all processes of the cage are gone. */
  readonly ended: Promise<number>;
  /** Lets the parent process end while the cage runs. */
  unref(): void;
}

const INFO_TIMEOUT_MS = 10_000;
const HELD_PIPE_MS = 500;
const WORDS_LIMIT = 16_384;

/**
 * Spawns bwrap with an empty environment (its pid 1 would show ours in /proc/1/environ) in a session of its own,
 * writes the id maps from outside, so that there is one user namespace to enter later, and lets it go on.
 * Rejects with HOST_UNFIT and the mend when the kernel refuses.
 */
export async function openCage(spec: CageSpec): Promise<Cage> {
  const argv = [
    ...spec.prefix,
    spec.shell,
    "-c",
    `${spec.launch}\nexec ${spec.prefix.length > 0 ? "/usr/bin/env -i " : ""}"$@"`,
    "bot-bottle",
    spec.bwrap,
    ...["--setenv", TAG_VARIABLE, spec.tag, "--args", String(FD.args), "--", ...spec.command],
  ];
  const [program = "/bin/sh", ...args] = argv;
  const child = startProgram(program, args, {
    // SHLVL: with a socket as stdin and none, bash takes itself for a remote shell and reads the operator's .bashrc.
    env: { SHLVL: "1", ...spec.prefixEnv },
    cwd: "/",
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe", "pipe", ...(spec.filter === undefined ? [] : ["pipe" as const])],
    detached: true,
  });
  const pipes = child.stdio as readonly unknown[];
  const words = collectWords(child.stderr as Readable);
  const exited = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      words.add(error.message);
      resolve(127);
    });
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 255)));
  });
  for (const stream of child.stdio) stream?.on("error", () => {});
  const failure = async (cause?: unknown): Promise<BottleError> => {
    const finding = diagnose(`${await words.all()}\n${cause instanceof Error ? cause.message : ""}`.trim());
    return new BottleError("HOST_UNFIT", finding.message, {
      cause,
      ...(finding.mend !== undefined && { hint: finding.mend }),
      facts: { finding: finding.id },
    });
  };
  let init: ProcessIdentity | null = null;
  const fail = async (cause?: unknown): Promise<never> => {
    // It waits to be told to go on, and does not notice that its monitor is gone.
    if (init !== null) signalProcess(init, "SIGKILL");
    (pipes[FD.usernsBlock] as Duplex).destroy();
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    throw await failure(cause);
  };

  (pipes[FD.args] as Writable).end(spec.arguments.map((word) => `${word}\0`).join(""));
  if (spec.filter !== undefined) (pipes[FD.filter] as Writable).end(spec.filter);
  const pid = await Promise.race([childPid(pipes[FD.info] as Readable), exited.then(() => null)]);
  if (pid === null || child.pid === undefined) return fail();
  init = identify(pid);
  const monitor = identify(child.pid);
  if (init === null || monitor === null) return fail();
  let pidNamespace: string;
  try {
    writeFileSync(`/proc/${pid}/setgroups`, spec.mode === "root" ? "allow" : "deny");
    writeFileSync(`/proc/${pid}/uid_map`, idMap(spec.mode, spec.uid));
    writeFileSync(`/proc/${pid}/gid_map`, idMap(spec.mode, spec.gid));
    pidNamespace = readlinkSync(`/proc/${pid}/ns/pid`);
  } catch (cause) {
    return fail(cause);
  }
  const first = init;
  // One byte for the outer bwrap (--userns-block-fd), one for the inner (--block-fd).
  (pipes[FD.usernsBlock] as Duplex).end("xx");
  return {
    init: first,
    monitor,
    pidNamespace,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    words: words.all,
    failure,
    silence: () => child.stderr?.destroy(),
    ended: exited.then(async (code) => {
      // A monitor killed alone is followed by its init, which first ends all others.
      await waitUntilGone(first, 10_000);
      return code;
    }),
    unref: () => release(child),
  };
}

/** How long a cage takes to end when nothing holds it. */
const USUAL_END_MS = 250;

/** Kills exactly this cage and waits until it is gone. Idempotent. */
export async function killCage(init: ProcessIdentity, monitor: ProcessIdentity, deadlineMs = 5000): Promise<boolean> {
  const pidNamespace = readLink(`/proc/${init.pid}/ns/pid`);
  signalProcess(init, "SIGKILL");
  let gone = await waitUntilGone(init, USUAL_END_MS);
  if (!gone && pidNamespace !== null) {
    // The namespace ends when its last process has been reaped, and a way in that was stopped reaps nothing.
    for (const entrance of entrancesOf(pidNamespace)) signalProcess(entrance, "SIGKILL");
  }
  gone ||= await waitUntilGone(init, deadlineMs);
  if (!gone) signalProcess(monitor, "SIGKILL");
  return (await waitUntilGone(monitor, 1000)) && (gone || (await waitUntilGone(init, 1000)));
}

/** Polls, since only a parent is told by the kernel. */
export async function waitUntilGone(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const deadline = Date.now() + deadlineMs;
  for (let pause = 1; isPresent(identity); pause = Math.min(pause * 2, 20)) {
    if (Date.now() > deadline) return false;
    await delay(pause);
  }
  return true;
}

/** The pid in the JSON that bwrap writes to --info-fd; null when it ends without. */
function childPid(info: Readable): Promise<number | null> {
  return new Promise((resolve) => {
    let text = "";
    const timer = setTimeout(() => resolve(null), INFO_TIMEOUT_MS);
    const done = (pid: number | null) => {
      clearTimeout(timer);
      resolve(pid);
    };
    info.on("data", (chunk) => {
      text += String(chunk);
      const found = /"child-pid": *(\d+)[^}]*\}/.exec(text);
      if (found !== null) done(Number(found[1]));
    });
    info.once("close", () => done(null));
  });
}

/** `all` resolves at the end of the stream, which may come after that of the process, or soon when somebody holds it. */
function collectWords(stream: Readable): { all: () => Promise<string>; add: (words: string) => void } {
  let words = "";
  const add = (more: string) => {
    words += more.slice(0, Math.max(0, WORDS_LIMIT - words.length));
  };
  stream.setEncoding("utf8").on("data", add);
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  const all = async () => {
    await Promise.race([closed, delay(HELD_PIPE_MS, undefined, { ref: false })]);
    return words;
  };
  return { all, add };
}

function release(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
}
