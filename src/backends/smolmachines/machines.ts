import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../core/model/errors.ts";
import { signalProcess } from "../../host/process-identity.ts";
import { ask, call, forgetRelease, releaseOf, type Smolvm, smolvmError } from "./command-line.ts";
import { deleteWords, stopWords } from "./machine-words.ts";
import { mannerOf } from "./manner.ts";
import { vmProcesses } from "./vm-processes.ts";

/** One of `machine ls --json`. */
export interface Machine {
  readonly name: string;
  readonly state: string;
  /** Of the VM process; null: there is none. */
  readonly pid: number | null;
}

/** Asked again so often: an agent that is busy does not answer the 250 ms ping, and its machine only looks gone. */
const ASKED = 5;
/** For how long a smolvm that fails is asked again. */
const FAILS_MS = 3000;
/** How often a machine is ended before that is given up. */
const TRIES = 3;
const CALL_MS = 20_000;

/** All machines of this user, whoever made them. Rejects with CREATE_FAILED or HOST_UNFIT. */
export async function listMachines(smolvm: Smolvm): Promise<readonly Machine[]> {
  const args = ["machine", "ls", "--json"];
  const text = await call(smolvm, args, { timeoutMs: CALL_MS });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) throw new BottleError("CREATE_FAILED", "smolvm machine ls: not a list of machines");
  return list.flatMap((entry: unknown) => {
    const { name, state, pid } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof name !== "string" || typeof state !== "string") return [];
    return [{ name, state, pid: typeof pid === "number" ? pid : null }];
  });
}

/**
 * The machine of this name, or null. One that looks `unreachable` is asked for again before that is believed, and so is
 * smolvm where it fails: its database is locked at times.
 */
export async function findMachine(smolvm: Smolvm, name: string): Promise<Machine | null> {
  const deadline = Date.now() + FAILS_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      const found = (await listMachines(smolvm)).find((machine) => machine.name === name) ?? null;
      if (found?.state !== "unreachable" || tries >= ASKED) return found;
    } catch (error) {
      if (!(error instanceof BottleError) || error.code !== "CREATE_FAILED" || Date.now() > deadline) throw error;
    }
    await delay(100);
  }
}

/** What of a machine can run commands, or will again. */
export function isUp({ state }: Machine): boolean {
  return state === "running" || state === "unreachable";
}

/**
 * Stops a machine, waits until its VM process is gone, and deletes it; tried again when a call fails, as one of a busy
 * machine may. Idempotent. Rejects with TEARDOWN_INCOMPLETE.
 */
export async function endMachine(smolvm: Smolvm, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await tryToEnd(smolvm, name);
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
      // It may have been upgraded since, and call things otherwise.
      forgetRelease(smolvm);
      await delay(50);
    }
  }
}

/**
 * Never the other way round: a delete of a running machine left its process behind, or took the disks from under it, in
 * some versions.
 */
async function tryToEnd(smolvm: Smolvm, name: string): Promise<void> {
  const before = await findMachine(smolvm, name);
  if (before === null) return endProcesses(name);
  if (before.state !== "created") {
    const args = stopWords(name);
    const stopped = await ask(smolvm, args, { timeoutMs: CALL_MS });
    if (stopped.code !== 0 && (await findMachine(smolvm, name)) !== null) {
      throw smolvmError(stopped, args, "TEARDOWN_INCOMPLETE");
    }
    if (before.pid !== null && !(await goneWithin(before.pid, CALL_MS))) throw unended(name);
  }
  await endProcesses(name);
  const args = deleteWords(mannerOf(await releaseOf(smolvm)), name);
  const deleted = await ask(smolvm, args, { timeoutMs: CALL_MS });
  // "Cancelled" ends with 0 too: what counts is that it is gone.
  if ((await findMachine(smolvm, name)) !== null) throw smolvmError(deleted, args, "TEARDOWN_INCOMPLETE");
}

/** What smolvm itself lost sight of. Rejects with TEARDOWN_INCOMPLETE. */
async function endProcesses(name: string): Promise<void> {
  for (const left of vmProcesses(name)) {
    signalProcess(left, "SIGKILL");
    if (!(await goneWithin(left.pid, CALL_MS))) throw unended(name);
  }
}

function unended(name: string): BottleError {
  return new BottleError("TEARDOWN_INCOMPLETE", `the process of machine ${name} did not end`, {
    hint: "run `bottle prune`",
  });
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await delay(10)) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}
