import type { HostFacts } from "../../core/model/host-facts.ts";
import { ownIdentity } from "../../host/process-identity.ts";
import type { WorkshopJob, WorkshopResult } from "../backend.ts";
import { seccompBytes, seccompProgram } from "../call-filter.ts";
import { GUEST } from "../guest.ts";
import { realFolder } from "../mounts.ts";
import { collect, endInTime } from "../workshop-output.ts";
import { killCage, openCage } from "./cage.ts";
import { becomeUser, FD, namespaceArguments, parentArguments, programArguments } from "./cage-arguments.ts";
import { launchScript } from "./entry-arguments.ts";
import { lookAtHost } from "./host-view.ts";
import { giveFolder, ownerOf, RESERVED_ID } from "./identity.ts";
import { tagOf } from "./survey.ts";
import { entryTools } from "./tools.ts";

/** Of a job that says nothing else. */
const TMP_BYTES = 256 * 1024 * 1024;
/** What a job may use of a processor, in seconds: more is a bomb. */
const CPU_SECONDS = 1800;

/**
 * Runs a fixed script of ours in a throw-away cage: the host's programs, an empty network namespace, nothing of the
 * bottle but the folders that the job names. What host code must not touch itself, as agents or strangers wrote it, is
 * read, packed and erased here (attack rows 139, 143, 145). Errors: STATE_UNUSABLE for what is no folder, HOST_UNFIT.
 */
export async function runWorkshop(job: WorkshopJob, facts: HostFacts): Promise<WorkshopResult> {
  const tools = entryTools(facts);
  const host = ownIdentity();
  const view = lookAtHost();
  const ids = workshopIds(job, facts);
  // An ordinary user's cage has one id, and it is the owner of everything.
  const asAgent = ids.mode === "root" && job.as === "agent";
  if (asAgent) for (const { host, writable } of job.folders) if (writable) giveFolder(host, ids);
  const cage = await openCage({
    ...ids,
    bwrap: tools.bwrap,
    shell: tools.shell,
    prefix: [],
    prefixEnv: {},
    launch: [
      launchScript({ kind: "none", why: "ours" }, null, [0, 1, 2, FD.args, FD.info, FD.usernsBlock, FD.filter]),
      `ulimit -t ${CPU_SECONDS}`,
    ].join("\n"),
    tag: tagOf(job.bottle, host),
    filter: seccompBytes(seccompProgram(facts.arch)),
    arguments: [
      ...namespaceArguments(ids.mode, asAgent ? BECOME : OPEN),
      ...["--seccomp", String(FD.filter)],
      // Said explicitly: bwrap would close it to the agent where root made it, and awk is a link through it.
      ...["--perms", "0755", "--dir", "/etc"],
      ...programArguments({ links: view.links.filter((link) => !link.path.startsWith("/etc/")), binds: [] }),
      ...view.binds
        .filter((bind) => !bind.guest.startsWith("/etc/"))
        .flatMap((bind) => ["--ro-bind", bind.host, bind.guest]),
      ...["--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--dev", "/dev", "--proc", "/proc"],
      ...["--perms", "1777", "--size", String(job.tmpBytes ?? TMP_BYTES), "--tmpfs", "/tmp"],
      ...parentArguments(job.folders.map(({ guest }) => guest)),
      ...job.folders.flatMap(({ host: from, guest, writable }) => [
        writable ? "--bind" : "--ro-bind",
        realFolder(from),
        guest,
      ]),
      ...["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LC_ALL", "C", "--setenv", "HOME", "/nonexistent"],
      ...["--chdir", "/", "--remount-ro", "/"],
    ],
    command: [...(asAgent ? becomeUser(GUEST.uid) : []), "/bin/sh", "-c", job.script, "workshop", ...(job.args ?? [])],
  });
  const end = () => void killCage(cage.init, cage.monitor);
  using limits = endInTime(job, CPU_SECONDS * 1000, end);
  cage.stdin.end(job.stdin);
  const output = collect(cage.stdout, job.onStdout);
  const [code] = await Promise.all([cage.ended, output.drained]);
  return { code, timedOut: limits.timedOut, stdout: output.bytes(), words: await cage.words() };
}

/** Root's cage opens folders of both of its ids, and gives what it made to the agent. */
const OPEN = ["CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];
const BECOME = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

/** Under root the agent is whoever owns the job's first folder of the agent's. */
function workshopIds(job: WorkshopJob, facts: HostFacts) {
  if (facts.uid !== 0) return { mode: "user", uid: facts.uid, gid: facts.gid } as const;
  const owner = ownerOf(job.agentFolder);
  return { mode: "root", uid: owner?.uid || RESERVED_ID, gid: owner?.gid || RESERVED_ID } as const;
}
