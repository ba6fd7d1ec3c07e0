import type { Mount } from "../../core/model/plan.ts";
import { GUEST } from "../guest.ts";

/** What of the host's own files a bottle shows, found by `host-view`. */
export interface HostView {
  /** `/bin -> usr/bin` and the like; on a host without merged /usr these are folders instead. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly binds: readonly Mount[];
}

/**
 * `user`: started by an ordinary user, whose uid is the agent's. `root`: started by root; uid 0 of the namespace makes
 * the mounts, then gives itself up for the agent's uid, which is never the kernel's 0 (attack row 146).
 */
export type CageMode = "user" | "root";

export interface CageParts {
  readonly mode: CageMode;
  readonly view: HostView;
  /** Host folder with the made-up passwd, group, hosts and nsswitch.conf. */
  readonly etc: string;
  /** Host folder shown read-only at /run/bottle. */
  readonly run: string;
  readonly home: string;
  readonly workspace: Mount;
  readonly mounts: readonly Mount[];
  /** Size of /tmp and of /dev/shm, each, in bytes. */
  readonly tmpBytes: number;
}

/** File descriptors that the launcher hands to bwrap. */
export const FD = { args: 3, info: 4, usernsBlock: 5, filter: 6, seccomp: 9 } as const;

const ETC_FILES = ["passwd", "group", "hosts", "nsswitch.conf"] as const;

/** Namespaces and privileges of every cage. */
export function namespaceArguments(mode: CageMode, rootCapabilities: readonly string[]): string[] {
  return [
    ...["--unshare-all", "--unshare-user", "--hostname", "bottle"],
    // Mandatory: without it a killed launcher leaves the bottle running.
    "--die-with-parent",
    "--new-session",
    // The idle process is pid 1 itself: from inside not even SIGKILL reaches it, and it has no environment of the host.
    "--as-pid-1",
    "--clearenv",
    ...["--cap-drop", "ALL"],
    ...(mode === "root"
      ? ["--uid", "0", "--gid", "0", ...rootCapabilities.flatMap((name) => ["--cap-add", name])]
      : ["--uid", String(GUEST.uid), "--gid", String(GUEST.uid)]),
    ...["--info-fd", String(FD.info), "--userns-block-fd", String(FD.usernsBlock)],
    // The inner bwrap never reads that descriptor and would leave it open for pid 1; this makes it read and close it.
    ...["--block-fd", String(FD.usernsBlock)],
  ];
}

/** The host's programs, read-only. */
export function programArguments(view: HostView): string[] {
  return [...["--ro-bind", "/usr", "/usr"], ...view.links.flatMap(({ path, target }) => ["--symlink", target, path])];
}

/** Capabilities with which `setpriv` becomes the agent; all are gone afterwards. */
const SETUP_CAPABILITIES: readonly string[] = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

/**
 * What bwrap reads from `--args`: the whole cage of a bottle. Pure.
 * No mount point, file or link is ever made below an agent-writable bind (CVE-2026-87766): home and workspace come
 * last and have nothing below them; `refusedGuest` keeps plan mounts away from them.
 */
export function cageArguments(parts: CageParts): string[] {
  const size = String(parts.tmpBytes);
  const parents = parentFolders([
    "/etc/passwd",
    GUEST.home,
    GUEST.run,
    ...parts.view.links.map((link) => link.path),
    ...parts.view.binds.map((bind) => bind.guest),
    ...parts.mounts.map((mount) => mount.guest),
  ]);
  return [
    ...namespaceArguments(parts.mode, SETUP_CAPABILITIES),
    ...["--seccomp", String(FD.seccomp)],
    // Said explicitly: folders that bwrap makes on its own are closed to the agent where root made them.
    ...folderArguments(parents),
    ...programArguments(parts.view),
    ...parts.view.binds.flatMap(({ host, guest }) => ["--ro-bind", host, guest]),
    ...ETC_FILES.flatMap((name) => ["--ro-bind", `${parts.etc}/${name}`, `/etc/${name}`]),
    ...["--perms", "0755", "--dir", "/var", "--symlink", "../tmp", "/var/tmp"],
    ...["--proc", "/proc"],
    // bwrap's /dev is a tmpfs as large as half of the memory: size what is writable, close the rest (attack row 154).
    ...["--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ...["--perms", "1777", "--size", size, "--tmpfs", "/tmp"],
    ...["--ro-bind", parts.run, GUEST.run],
    ...parts.mounts.flatMap(({ host, guest }) => ["--ro-bind", host, guest]),
    ...["--bind", parts.home, GUEST.home],
    // It may lie in the new /tmp, which is still empty.
    ...parentArguments([parts.workspace.guest]),
    ...["--bind", parts.workspace.host, parts.workspace.guest],
    ...["--chdir", "/", "--remount-ro", "/"],
  ];
}

/** The idle process. It ends when its input does, which the launcher holds; it leaves no zombies; it echoes the launcher's first byte. */
export function initCommand(mode: CageMode): string[] {
  const idle = ["/usr/bin/env", "-i", "--ignore-signal=CHLD", "/bin/cat"];
  // An own uid: the agent could attach to a process of its own (ptrace(2)) and have it outlive its launcher. A bottle of
  // an ordinary user has one uid only; there the agent sits in another user namespace, and may not attach either.
  return mode === "root" ? [...becomeUser(GUEST.idleUid), ...idle] : idle;
}

/** Prefix that turns uid 0 of a bottle started by root into another user: no groups, no capabilities, none to regain. */
export function becomeUser(uid: number): string[] {
  return [
    ...["/usr/bin/setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"],
    ...["--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"],
    // A change of uid clears what --die-with-parent had set (prctl(2), PR_SET_PDEATHSIG).
    ...["--pdeathsig", "KILL", "--"],
  ];
}

/** Kernel uid and gid of the idle pid 1 in a bottle that root started, and what stands in where the agent has that one. */
const IDLE_IDS = [64_124, 64_125] as const;

/** What host code writes to /proc/PID/{uid_map,gid_map} (user_namespaces(7)). */
export function idMap(mode: CageMode, kernelId: number): string {
  if (mode === "user") return `${GUEST.uid} ${kernelId} 1\n`;
  const idle = kernelId === IDLE_IDS[0] ? IDLE_IDS[1] : IDLE_IDS[0];
  return `0 0 1\n${GUEST.idleUid} ${idle} 1\n${GUEST.uid} ${kernelId} 1\n`;
}

function folderArguments(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => ["--perms", "0755", "--dir", folder]);
}

/** Makes what stands above these paths: folders that bwrap makes on its own are closed to all but root. */
export function parentArguments(paths: readonly string[]): string[] {
  return folderArguments(parentFolders(paths));
}

/** Every folder above these paths, outermost first, each once. */
function parentFolders(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/").filter(Boolean);
    for (let depth = 1; depth < parts.length; depth += 1) folders.add(`/${parts.slice(0, depth).join("/")}`);
  }
  return [...folders].sort();
}
