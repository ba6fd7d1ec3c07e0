import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { homedir, release, userInfo } from "node:os";
import { join } from "node:path";
import type { CgroupFacts, HostFacts } from "../core/model/host-facts.ts";

/** Where host tools may come from: never PATH, the workspace, the cwd or node_modules (attack row 145). */
const SYSTEM_FOLDERS: readonly string[] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

const TOOLS = [
  "bwrap",
  "bash",
  "sh",
  "env",
  "nsenter",
  "setpriv",
  "setsid",
  "script",
  "stty",
  "tar",
  "cat",
  "find",
  "perl",
  "git",
  "gitleaks",
  "ssh",
  "tmux",
  "systemd-run",
  "systemctl",
  "loginctl",
  "claude",
  "npm",
] as const;

/** Absolute path of a tool in the system folders, or null. */
export function findTool(name: string, folders: readonly string[] = SYSTEM_FOLDERS): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      if (!statSync(path).isFile()) continue;
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return null;
}

/** What this machine is and has. Reads only; starts nothing. */
export function gatherFacts(): HostFacts {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  const tools: Record<string, string> = {};
  for (const name of TOOLS) {
    const path = findTool(name);
    if (path !== null) tools[name] = path;
  }
  return {
    uid,
    gid,
    user: userName(uid),
    home: homeFolder(),
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
    tools,
    node: process.execPath,
    cgroup: cgroupFacts(uid),
  };
}

/** HOME, else the home of the user database: a relative path would mean another folder wherever `bottle` is called. */
function homeFolder(): string {
  const home = homedir();
  if (home.startsWith("/")) return home;
  try {
    return userInfo().homedir;
  } catch {
    return "/nonexistent";
  }
}

function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

export interface CgroupSources {
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** /proc/self/cgroup */
  readonly own: string;
  /** True when systemd is the init of this machine (sd_booted(3)). */
  readonly systemd: boolean;
  /** True when this user's service manager can be asked. */
  readonly userBus: boolean;
  readonly uid: number;
  readonly writable: (path: string) => boolean;
  /** Controllers that children of a v2 group get, or could get because it is the root of the tree. */
  readonly controllers: (path: string) => readonly string[];
}

function cgroupFacts(uid: number): CgroupFacts {
  const runtime = process.env.XDG_RUNTIME_DIR ?? `/run/user/${uid}`;
  return judgeCgroups({
    mountinfo: read("/proc/self/mountinfo"),
    own: read("/proc/self/cgroup"),
    systemd: existsSync("/run/systemd/system"),
    userBus: existsSync(join(runtime, "systemd/private")) || existsSync(join(runtime, "bus")),
    uid,
    writable: (path) => {
      try {
        accessSync(path, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
    // Only the root may hold processes and hand controllers down at once (cgroups(7), "no internal processes").
    controllers: (path) =>
      read(join(path, existsSync(join(path, "cgroup.type")) ? "cgroup.subtree_control" : "cgroup.controllers"))
        .trim()
        .split(/\s+/)
        .filter(Boolean),
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/**
 * How control groups can be made here: by systemd where it runs (it alone may touch the tree), else directly where
 * the tree is writable, else not at all. Pure; cgroups(7).
 */
export function judgeCgroups(sources: CgroupSources): CgroupFacts {
  if (sources.systemd) {
    if (sources.uid === 0) return { kind: "systemd", scope: "system" };
    if (sources.userBus) return { kind: "systemd", scope: "user" };
    return { kind: "none", why: "systemd runs, but this user has no session with it (no user bus)" };
  }
  const roots: Partial<Record<"memory" | "cpu" | "pids", string>> = {};
  let unified: string | null = null;
  for (const line of sources.mountinfo.split("\n")) {
    const [before, after] = line.split(" - ");
    const point = before?.split(" ")[4];
    const [type, , options] = after?.split(" ") ?? [];
    if (point === undefined) continue;
    if (type === "cgroup2") unified = point;
    if (type !== "cgroup") continue;
    const names = options?.split(",") ?? [];
    for (const controller of ["memory", "cpu", "pids"] as const) {
      if (names.includes(controller) && sources.writable(point)) roots[controller] = point;
    }
  }
  if (roots.memory !== undefined && roots.pids !== undefined) return { kind: "v1", roots };
  if (unified !== null) {
    const own = sources.own.split("\n").find((line) => line.startsWith("0::"));
    for (const path of [unified, own === undefined ? unified : join(unified, own.slice(3))]) {
      const offered = sources.controllers(path);
      if (sources.writable(path) && offered.includes("memory") && offered.includes("pids")) {
        return { kind: "v2", root: path };
      }
    }
  }
  return {
    kind: "none",
    why: sources.uid === 0 ? "no writable memory and pids control groups" : "no control groups delegated to this user",
  };
}
