import { randomBytes } from "node:crypto";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { ownIdentity } from "../../host/process-identity.ts";
import { startProgram } from "../../host/started-program.ts";
import type { WorkshopJob, WorkshopResult } from "../backend.ts";
import { EnteredFilter } from "../entered-filter.ts";
import { GUEST } from "../guest.ts";
import { realFolder } from "../mounts.ts";
import { collect, collectWords, endInTime } from "../workshop-output.ts";
import { releaseOf, smolvmError, smolvmHere } from "./command-line.ts";
import { entranceWords } from "./entrance.ts";
import { checkIds, giveFolders } from "./identity.ts";
import { findImage, machineSource } from "./image.ts";
import { inputFolder, readingWords, writeInput } from "./input-files.ts";
import { lifelineOf } from "./lifeline.ts";
import { longCall } from "./long-call.ts";
import { machineFolder, removeMachineFolder, writeMachineFolder } from "./machine-folder.ts";
import { createWords } from "./machine-words.ts";
import { endMachine } from "./machines.ts";
import { type Manner, mannerOf } from "./manner.ts";
import { machineName } from "./names.ts";
import { firstCommand } from "./opening.ts";
import { type Reach, reachCommand } from "./reach.ts";
import { startTurn } from "./start-turn.ts";

/** Of a job that says nothing else. */
const TMP_BYTES = 256 * 1024 * 1024;
/** What a job may use of a processor, in seconds: more is a bomb. */
const CPU_SECONDS = 1800;
const PIDS = 1024;
/** Name of the file that a job reads: a pipe would carry a few hundred KiB only in some versions. */
const INPUT = "job";
/** As a shell says SIGKILL. */
const KILLED = 137;
const LIMITS = { memoryBytes: 2 ** 30, cpus: 1 };

/**
 * Runs a fixed script of ours in a machine of its own, with no network and nothing of the bottle but the folders that the
 * job names (attack rows 139, 143, 145), and removes it. Errors: STATE_UNUSABLE for what is no folder, HOST_UNFIT.
 */
export async function runWorkshop(job: WorkshopJob, facts: HostFacts): Promise<WorkshopResult> {
  checkIds(facts);
  const volumes = job.folders.map(({ host, guest, writable }) => ({
    host: realFolder(host),
    guest,
    writable: writable === true,
  }));
  if (job.as === "agent")
    giveFolders(
      volumes.flatMap(({ host, writable }) => (writable ? [host] : [])),
      facts,
    );
  const smolvm = await smolvmHere();
  const release = await releaseOf(smolvm);
  const manner = mannerOf(release);
  const { words: source } = await machineSource(manner, release, smolvm, await findImage(null), job.signal);
  const name = machineName({ kind: "workshop", bottle: job.bottle, host: ownIdentity() });
  const folder = machineFolder(name);
  const lifeline = lifelineOf(smolvm, name);
  try {
    const files = writeMachineFolder(folder, facts.arch, { pids: PIDS });
    const inputs = inputFolder(folder);
    const input = { argv: ["workshop"] };
    await writeInput(inputs.folder, INPUT, job.stdin ?? new Uint8Array(), input);
    const shown = [{ host: files.guest, guest: GUEST.run, writable: false }, inputs.volume];
    const signal = job.signal ?? new AbortController().signal;
    const create = createWords(manner, { name, source, volumes: [...shown, ...volumes], sockets: [], limits: LIMITS });
    await longCall(smolvm, create, signal, "HOST_UNFIT");
    await using turn = await startTurn(manner, signal);
    await longCall(smolvm, ["machine", "start", "-n", name], signal, "HOST_UNFIT");
    // Its one command: none other comes up with it.
    const reach: Reach = { smolvm, machine: name, manner, bringUp: null };
    return await firstCommand(reach, signal, () => attend(job, reach, () => void turn[Symbol.asyncDispose]()));
  } catch (error) {
    // Aborted while others started.
    if (job.signal?.aborted !== true) throw error;
    return { code: KILLED, timedOut: false, stdout: Buffer.alloc(0), words: "" };
  } finally {
    await endMachine(smolvm, name);
    await lifeline.release();
    removeMachineFolder(folder);
  }
}

/** PURE: what the machine runs for a job. */
function jobWords({ tmpBytes, as, script, args = [] }: WorkshopJob, { rights }: Manner): string[] {
  const env = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent"];
  const size = `mode=1777,nosuid,nodev,size=${tmpBytes ?? TMP_BYTES}`;
  const tmp = rights === "few" ? "chmod 1777 /tmp" : `mount -t tmpfs -o ${size} bottle /tmp`;
  const setup = `${tmp} && ulimit -t ${CPU_SECONDS} && cd / && exec "$@"`;
  const token = randomBytes(8).toString("hex");
  const words = [...env, "/bin/sh", "-c", script, "workshop", ...args];
  return [
    "/bin/sh",
    "-c",
    setup,
    "bot-bottle",
    ...readingWords(INPUT),
    ...entranceWords(as === "agent" ? "asked" : "owner", token, words),
  ];
}

async function attend(job: WorkshopJob, reach: Reach, entered: () => void): Promise<WorkshopResult> {
  const {
    argv: [program = "", ...args],
    env,
  } = reachCommand(reach, false, jobWords(job, reach.manner));
  const client = startProgram(program, args, {
    env: { ...env },
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of client.stdio) stream?.on("error", () => {});
  const exited = new Promise<number>((resolve) => {
    client.once("error", () => resolve(127));
    client.once("close", (code) => resolve(code ?? KILLED));
  });
  let ended = false;
  // What runs in the machine ends with the machine.
  const end = () => {
    ended = true;
    endMachine(reach.smolvm, reach.machine).catch(() => {}); // said by who ends it for good
    client.kill("SIGKILL");
  };
  using limits = endInTime(job, CPU_SECONDS * 1000, end);
  const words = collectWords();
  const filter = new EnteredFilter(words.push);
  client.stderr.on("data", (chunk: Buffer) => {
    filter.push(chunk);
    if (filter.entered) entered();
  });
  const output = collect(client.stdout, job.onStdout);
  const [code] = await Promise.all([exited, output.drained]);
  if (!filter.entered && !ended) {
    throw smolvmError({ code, stderr: filter.head, timedOut: limits.timedOut }, ["machine", "exec"], "HOST_UNFIT");
  }
  return { code: ended ? KILLED : code, timedOut: limits.timedOut, stdout: output.bytes(), words: words.text() };
}
