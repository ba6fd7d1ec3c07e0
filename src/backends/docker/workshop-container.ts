import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { finished, PassThrough, type Readable } from "node:stream";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { Spool } from "../../host/spool.ts";
import type { WorkshopJob, WorkshopResult } from "../backend.ts";
import { EnteredFilter } from "../entered-filter.ts";
import { GUEST } from "../guest.ts";
import { collect, collectWords, endInTime } from "../workshop-output.ts";
import { briefedImage } from "./briefing.ts";
import { removeContainer } from "./cage.ts";
import { HIDDEN_SYS, hardeningArguments } from "./cage-arguments.ts";
import { type Engine, engineError, spawnEngine } from "./engine.ts";
import { SAY_ENTERED } from "./entry-arguments.ts";
import { labelArguments, type Ownership } from "./labels.ts";
import { mountArguments, type ShownPlace } from "./mount-words.ts";
import { ownershipOf, thingName } from "./ownership.ts";
import { seccompProfile } from "./seccomp.ts";

/** Of a job that says nothing else. */
const TMP_BYTES = 256 * 1024 * 1024;
/** What a job may use of a processor, in seconds: more is a bomb. */
const CPU_SECONDS = 1800;
const PIDS = 1024;
/** What the client is given besides its stdio. */
const PROFILE = "/proc/self/fd/3";
/** As a shell says SIGKILL. */
const KILLED = 137;

/** The owner's container opens folders of everybody, gives what it made to the agent, and becomes the agent for the rest. */
const OPEN = ["DAC_OVERRIDE", "FOWNER", "CHOWN", "SETUID", "SETGID", "SETPCAP"];

/** A job and what its container shows. */
export interface ContainerJob extends Omit<WorkshopJob, "folders" | "agentFolder" | "stdin"> {
  readonly mounts: readonly ShownPlace[];
  /** Bytes, after which the job still has a host process that waits for it; or a stream, whose end is all it is told. */
  readonly stdin?: Uint8Array | Readable;
  /** Id of its image; absent: the one that bottles get which name none. */
  readonly image?: string;
}

/** Runs a job in a container of its own and removes it, whatever happens. Rejects with HOST_UNFIT; an exit code is data. */
export async function runContainer(job: ContainerJob, facts: HostFacts, engine: Engine): Promise<WorkshopResult> {
  const [image, ownership] = await Promise.all([
    job.image ?? briefedImage(engine, null).then(({ id }) => id),
    ownershipOf("workshop", job.bottle, facts, null),
  ]);
  const name = thingName(ownership, randomBytes(4).toString("hex"));
  // Without a name: whoever kills us leaves no file.
  using profile = new Spool(tmpdir());
  profile.write(Buffer.from(JSON.stringify(seccompProfile(facts.arch))));
  return await attend(job, engine, workshopArguments(job, { name, ownership, image }), name, profile);
}

interface WorkshopPlace {
  readonly name: string;
  readonly ownership: Ownership;
  readonly image: string;
}

/**
 * Words: bytes of input, then the job. Feeds it that much; what comes after is nothing but the host process holding on,
 * and its end ends the container: `docker` alone would let a job run on when everybody who wanted it has been killed.
 */
const HELD = `
use strict; my ($left, @job) = @ARGV; my $main = $$;
pipe(my $in, my $out) or exit 125;
my $job = fork() // exit 125;
if (!$job) { close $out; open(STDIN, "<&", $in) or exit 125; close $in; exec { $job[0] } @job; exit 127 }
close $in;
my $holder = fork() // exit 125;
if (!$holder) {
  $SIG{PIPE} = "IGNORE"; close STDOUT; close STDERR;
  while ($left > 0 && (my $got = sysread STDIN, my $piece, $left < 65536 ? $left : 65536)) {
    $left -= $got;
    for (my $at = 0; $at < $got; ) { $at += syswrite($out, $piece, $got - $at, $at) // last }
  }
  close $out;
  1 while sysread STDIN, my $rest, 65536;
  kill "KILL", $main; exit }
close $out; waitpid $job, 0; my $end = $?; kill "KILL", $holder;
exit($end & 127 ? 128 + ($end & 127) : $end >> 8);`;

/** PURE: the words of `docker run` for a job. */
function workshopArguments(job: ContainerJob, { name, ownership, image }: WorkshopPlace): string[] {
  const owner = job.as === "owner";
  const env = ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent"];
  return [
    ...["run", "--interactive", "--name", name, ...labelArguments(ownership), ...hardeningArguments()],
    ...["--network", "none", "--security-opt", `seccomp=${PROFILE}`],
    ...["--user", owner ? "0:0" : `${GUEST.uid}:${GUEST.uid}`],
    ...(owner ? OPEN.flatMap((capability) => ["--cap-add", capability]) : []),
    ...["--tmpfs", `/tmp:rw,exec,nosuid,nodev,mode=1777,size=${job.tmpBytes ?? TMP_BYTES}`],
    ...["--tmpfs", HIDDEN_SYS],
    ...["--pids-limit", String(PIDS), "--ulimit", `cpu=${CPU_SECONDS}`],
    ...mountArguments(job.mounts),
    ...[image, "-c", SAY_ENTERED, "bot-bottle", ...(isStream(job.stdin) ? [] : held(job.stdin)), ...env],
    ...["/bin/sh", "-c", job.script, "workshop", ...(job.args ?? [])],
  ];
}

const isStream = (stdin: ContainerJob["stdin"]): stdin is Readable =>
  stdin !== undefined && !(stdin instanceof Uint8Array);

const held = (stdin: Uint8Array | undefined): string[] => ["/usr/bin/perl", "-e", HELD, String(stdin?.byteLength ?? 0)];

async function attend(
  job: ContainerJob,
  engine: Engine,
  args: readonly string[],
  name: string,
  profile: Spool,
): Promise<WorkshopResult> {
  const client = spawnEngine(engine, args, profile);
  for (const stream of client.stdio) stream?.on("error", () => {});
  const exited = new Promise<number>((resolve) => {
    client.once("error", () => resolve(127));
    client.once("close", (code) => resolve(code ?? 255));
  });
  let removal: Promise<void> | null = null;
  // The client first: it would wait for the container.
  const end = () => {
    client.kill("SIGKILL");
    removal ??= removeContainer(engine, name);
    removal.catch(() => {});
  };
  using limits = endInTime(job, CPU_SECONDS * 1000, end);
  // Left open but for a stream: its end is the job's.
  if (isStream(job.stdin)) {
    finished(job.stdin, { writable: false }, (error) => (error == null ? undefined : end()));
    job.stdin.pipe(client.stdin ?? new PassThrough());
  } else if (job.stdin !== undefined) client.stdin?.write(job.stdin);
  const words = collectWords();
  const filter = new EnteredFilter(words.push);
  client.stderr?.on("data", (chunk: Buffer) => filter.push(chunk));
  if (client.stdout === null) throw new BottleError("INVARIANT", "a client without an output");
  const output = collect(client.stdout, job.onStdout);
  try {
    const [code] = await Promise.all([exited, output.drained]);
    await removal;
    if (!filter.entered && removal === null) {
      // A client that failed may have made the container all the same, and nobody would ever start or remove it.
      await removeContainer(engine, name).catch(() => {}); // an engine that is gone: `prune` finds it
      throw engineError({ code, stderr: filter.head, timedOut: limits.timedOut }, ["run"], "HOST_UNFIT");
    }
    // What was ended by us did not end by itself, whatever the client made of it.
    const { timedOut } = limits;
    return { code: removal === null ? code : KILLED, timedOut, stdout: output.bytes(), words: words.text() };
  } finally {
    client.stdin?.destroy();
  }
}
