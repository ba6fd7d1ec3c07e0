import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BottleError } from "../../core/model/errors.ts";
import type { Finding } from "../../core/model/finding.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { BottlePlan } from "../../core/model/plan.ts";
import { NOTHING_BROUGHT } from "../../core/model/setup.ts";
import { Cleanup } from "../../host/cleanup.ts";
import { onlyHere } from "../service-ways.ts";
import { createCage } from "./create.ts";
import { toolFindings } from "./tools.ts";

/**
 * What `doctor` says about this machine. A real cage is made with the real arguments, entered, and left, each time:
 * an update of bubblewrap or of AppArmor may forbid overnight what worked yesterday.
 */
export async function probeHost(facts: HostFacts): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (facts.platform !== "linux") {
    return [{ id: "not-linux", level: "error", message: `bubblewrap needs Linux, this is ${facts.platform}` }];
  }
  const tools = toolFindings(facts);
  findings.push(...tools, ...kernelFindings(readKernel), ...cgroupFindings(facts));
  if (facts.tools.perl === undefined) {
    findings.push({
      id: "perl-missing",
      level: "warning",
      message: "perl is not installed: every start takes about 50 ms longer",
      mend: "apt install perl-base",
    });
  }
  if (tools.length === 0) findings.push(await probeCage(facts));
  return findings;
}

async function probeCage(facts: HostFacts): Promise<Finding> {
  const cleanup = new Cleanup();
  const started = performance.now();
  try {
    const folder = mkdtempSync(join(tmpdir(), "bot-bottle-probe-"));
    cleanup.push("probe folder", () => rmSync(folder, { recursive: true, force: true }));
    const folders = { home: join(folder, "home"), workspace: join(folder, "workspace"), run: join(folder, "run") };
    for (const path of Object.values(folders)) mkdirSync(path, { mode: 0o700 });
    const shell = await createCage(probePlan(folders.workspace), { facts, folders, cleanup, journal: async () => {} });
    await shell.serve(
      onlyHere(async (server) => {
        server.close();
        return { caPem: "" };
      }),
    );
    const exec = {
      path: `${shell.guest.run}/exec`,
      mode: 0o755,
      content: Buffer.from('#!/bin/sh\ncd "$1" && shift && exec "$@"\n'),
    };
    const bottle = await shell.start([exec]);
    const result = await bottle.exec({ argv: ["/usr/bin/id", "-u"] }, { timeoutMs: 10_000 });
    if (result.code !== 0 || result.stdout.toString() !== "1000\n") {
      return {
        id: "cage-odd",
        level: "error",
        message: `a command in the cage ended with ${result.code}: ${result.stderr.toString().trim().slice(0, 300)}`,
        mend: "report this with the versions of bubblewrap and util-linux",
      };
    }
    return {
      id: "cage",
      level: "ok",
      message: `a bottle was made and entered in ${Math.round(performance.now() - started)} ms`,
    };
  } catch (error) {
    const known = error instanceof BottleError ? error : null;
    return {
      id: String(known?.facts?.finding ?? "cage-failed"),
      level: "error",
      message: known?.message ?? String(error),
      ...(known?.hint !== undefined && { mend: known.hint }),
    };
  } finally {
    await cleanup.run();
  }
}

function probePlan(workspace: string): BottlePlan {
  const command = { argv: ["/bin/true"] };
  return {
    schema: 1,
    name: "probe",
    backend: "bubblewrap",
    backendPlan: null,
    agent: {
      name: "probe",
      provider: "shell",
      binary: { path: "/bin/true", version: "", origin: "" },
      command,
      headless: true,
    },
    workspace: { mode: "copy", host: workspace, guest: "/workspace", cwd: "/workspace", clone: null },
    mounts: [],
    env: {},
    envFromHost: [],
    envAsked: [],
    limits: { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 64, tmpBytes: 16 * 1024 * 1024 },
    alone: false,
    rules: [],
    deny: [],
    credentials: [],
    secrets: [],
    files: [],
    setup: NOTHING_BROUGHT,
    labels: {},
    risks: [],
  };
}

/** Kernel settings that forbid user namespaces. `read` answers "" for a file that is not there. */
export function kernelFindings(read: (path: string) => string): Finding[] {
  const findings: Finding[] = [];
  for (const kind of ["user", "mnt", "pid", "net", "ipc", "uts"]) {
    const name = `user.max_${kind}_namespaces`;
    if (read(`/proc/sys/user/max_${kind}_namespaces`).trim() === "0") {
      findings.push({ id: "userns-limit", level: "error", message: `${name} is 0`, mend: `sysctl ${name}=15000` });
    }
  }
  if (read("/proc/sys/kernel/unprivileged_userns_clone").trim() === "0") {
    findings.push({
      id: "userns-forbidden",
      level: "error",
      message: "kernel.unprivileged_userns_clone is 0",
      mend: "sysctl kernel.unprivileged_userns_clone=1",
    });
  }
  return findings;
}

/** Whether limits can hold (attack row 154), and whether a bottle outlives the login. */
export function cgroupFindings(facts: HostFacts, exists: (path: string) => boolean = existsSync): Finding[] {
  const { cgroup } = facts;
  if (cgroup.kind === "none") {
    const mend =
      facts.uid === 0
        ? "mount the memory and pids controllers writable, or run on a host with systemd"
        : "log in so that systemd runs a session for this user (`loginctl enable-linger`), or start as root";
    return [
      {
        id: "no-cgroup",
        level: "warning",
        message: `limits of memory and processes are only measured, cpu has none, and bottles start one at a time: ${cgroup.why}`,
        mend,
      },
    ];
  }
  const findings: Finding[] = [{ id: "cgroup", level: "ok", message: `control groups: ${cgroup.kind}` }];
  if (cgroup.kind === "v1" && cgroup.roots.cpu === undefined) {
    findings.push({
      id: "no-cpu-cgroup",
      level: "warning",
      message: "the cpu limit is not enforced: no cpu controller",
    });
  }
  if (cgroup.kind === "systemd" && cgroup.scope === "user" && !exists(`/var/lib/systemd/linger/${facts.user}`)) {
    findings.push({
      id: "no-linger",
      level: "warning",
      message: "bottles may end when you log out",
      mend: `loginctl enable-linger ${facts.user}`,
    });
  }
  return findings;
}

/** A file of the kernel; "" for one that is not there. */
export function readKernel(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
