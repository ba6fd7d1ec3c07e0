import { globSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { identify } from "../host/process-identity.ts";

/** What is on this machine of one demo, by kind. */
export interface Census {
  /** `pid argv`. */
  readonly processes: readonly string[];
  /** `net:[4026531840]` and the like: namespaces other than ours in which a marked process lives. */
  readonly namespaces: readonly string[];
  /** `namespace pid start`: who lives in them. */
  readonly tenants: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  /** Sockets that this process holds, and names of unix sockets on this machine. */
  readonly sockets: readonly string[];
  readonly files: readonly string[];
  /** Bottles of which the backend says that a cage runs: an engine's containers bear no mark that a process shows. */
  readonly cages: readonly string[];
}

/** By what the demo's own things are known. */
export interface Marks {
  /** Names that only this demo has: its bottles and its temp folder. */
  readonly words: readonly string[];
  /** Namespaces that a bottle of this demo was seen in. */
  readonly namespaces: readonly string[];
  /** Sockets that this process held before (`socket:[inode]`). */
  readonly ownSockets: readonly string[];
  /** Folders in which our names could lie. */
  readonly folders: readonly string[];
  /** Asks the backend which cages of this demo run. */
  readonly cages: () => Promise<readonly string[]>;
}

const KINDS = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
/** Ends the tenant that is a descriptor of this process. */
const OWN = " own";
const CGROUP_DEPTH = "{,*/,*/*/,*/*/*/,*/*/*/*/,*/*/*/*/*/}";

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Sockets among our own descriptors. */
export const heldSockets = (): readonly string[] =>
  list("/proc/self/fd")
    .map((fd) => link(`/proc/self/fd/${fd}`))
    .filter((target) => target.startsWith("socket:"));

function namespacesOf(pid: string): readonly string[] {
  return KINDS.flatMap((kind) => {
    const id = link(`/proc/${pid}/ns/${kind}`);
    return id === "" || id === link(`/proc/self/ns/${kind}`) ? [] : [id];
  });
}

/** Looks for everything that bears one of the marks. What another user owns and we may not see is not ours. */
export async function takeCensus(marks: Marks): Promise<Census> {
  const cages = await marks.cages();
  const marked = (text: string) => marks.words.some((word) => text.includes(word));
  const processes: string[] = [];
  const namespaces = new Set<string>();
  const tenants: string[] = [];
  for (const pid of list("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const argv = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    const own = namespacesOf(pid);
    const inside = own.some((id) => marks.namespaces.includes(id));
    if (!inside && !marked(argv) && !marked(read(`/proc/${pid}/environ`)) && !marked(read(`/proc/${pid}/mountinfo`))) {
      continue;
    }
    // A zombie has neither arguments nor namespaces left and belongs to its parent.
    if (argv === "" && own.length === 0) continue;
    processes.push(`${pid} ${argv.slice(0, 80)}`);
    const start = identify(Number(pid))?.startTime;
    for (const id of own) {
      namespaces.add(id);
      tenants.push(`${id} ${pid} ${start}`);
    }
  }
  for (const fd of list("/proc/self/fd")) {
    const target = link(`/proc/self/fd/${fd}`);
    if (!marks.namespaces.includes(target)) continue;
    namespaces.add(target);
    tenants.push(`${target}${OWN}`);
  }
  const lines = (path: string) => read(path).split("\n").filter(marked);
  return {
    processes,
    namespaces: [...namespaces],
    tenants,
    mounts: lines("/proc/self/mountinfo"),
    cgroups: marks.words.flatMap((word) => globSync(`/sys/fs/cgroup/${CGROUP_DEPTH}*${word}*`)),
    sockets: [...heldSockets().filter((socket) => !marks.ownSockets.includes(socket)), ...lines("/proc/net/unix")],
    files: marks.folders.flatMap((folder) =>
      list(folder)
        .filter(marked)
        .map((name) => join(folder, name)),
    ),
    cages,
  };
}

/**
 * Which of the namespaces of `before` are still those: with the first process of its processes a bottle's ends, and the
 * number is the next one's on this machine. Pure.
 */
export function stillLived(before: Census, now: Census): readonly string[] {
  const same = now.tenants.filter((tenant) => before.tenants.includes(tenant) || tenant.endsWith(OWN));
  const there = same.map((tenant) => tenant.split(" ")[0]);
  return before.namespaces.filter((id) => there.includes(id));
}

const KIND_WORDS: readonly (readonly [kind: Exclude<keyof Census, "tenants">, one: string, many: string])[] = [
  ["processes", "process", "processes"],
  ["mounts", "mount", "mounts"],
  ["namespaces", "namespace", "namespaces"],
  ["cgroups", "control group", "control groups"],
  ["sockets", "socket", "sockets"],
  ["files", "file or folder", "files and folders"],
  ["cages", "cage", "cages"],
];

/** `6 processes, 0 mounts, 7 namespaces, ...` */
export const countCensus = (census: Census): string =>
  KIND_WORDS.map(([kind, one, many]) => `${census[kind].length} ${census[kind].length === 1 ? one : many}`).join(", ");

/** Each thing of a census, named. */
export const listCensus = (census: Census): readonly string[] =>
  KIND_WORDS.flatMap(([kind, one]) => census[kind].map((thing) => `${one} ${thing}`));
