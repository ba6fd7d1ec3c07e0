import { spawnSync } from "node:child_process";
import { globSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** What is on this machine at one moment, as far as a test run could have left it there. */
export interface Census {
  /** `pid:start time` to a line that describes the process. */
  readonly processes: ReadonlyMap<string, string>;
  /** The other kinds: one line for each thing. */
  readonly things: ReadonlySet<string>;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
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

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/**
 * The processes that belong to the test run: those that name its folder in their arguments, environment, working
 * folder or mounts (a cage has an empty environment, but its mounts show where they come from: proc_pid_mountinfo(5)).
 * In a process table that nobody else uses (`alone`) every process that looks like a cage counts too.
 */
function processes(folder: string, alone: boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const pid of list("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const base = join("/proc", pid);
    const argv = read(join(base, "cmdline")).replaceAll("\0", " ").trim();
    // A zombie has no arguments left and belongs to its parent, which shows by itself.
    if (argv === "") continue;
    const marked =
      [argv, read(join(base, "environ")), read(join(base, "mountinfo")), link(join(base, "cwd"))].some((text) =>
        text.includes(folder),
      ) ||
      (alone && /^\S*\b(?:bwrap|nsenter) |\/run\/bottle\b/.test(argv));
    if (!marked) continue;
    // Field 22 of stat is the start time; the name before it may hold spaces and brackets (proc_pid_stat(5)).
    const fields = read(join(base, "stat"))
      .replace(/^.*\) /s, "")
      .split(" ");
    found.set(`${pid}:${fields[19] ?? ""}`, `process ${pid}: ${argv.slice(0, 200)}`);
  }
  return found;
}

function mounts(folder: string): string[] {
  return (
    read("/proc/self/mountinfo")
      .split("\n")
      .filter((line) => line.includes(folder) || line.includes("bot-bottle") || line.includes(" nsfs "))
      // The network of a container; containers are counted themselves.
      .filter((line) => line.includes(folder) || !/\/netns\/(?:default|[0-9a-f]{12}) /.test(line))
      .map((line) => `mount ${line.split(" ").slice(3, 5).join(" at ")}`)
  );
}

/** What is in a folder, or some of it: it tells whose it was. */
function someOf(folder: string): string {
  const inside = globSync("**", { cwd: folder }).filter((path) => path !== ".");
  return inside.length === 0 ? "" : ` with ${inside.slice(-5).join(", ")}`;
}

/** Control groups of ours, and of the fake smolvm's machines, in which no process is: those of what runs are its own affair. */
function emptyControlGroups(): string[] {
  return globSync("/sys/fs/cgroup/{,*/,*/*/,*/*/*/}*{bot-bottle,fake-smolvm-}*")
    .filter((group) => globSync(join(group, "**/cgroup.procs")).every((file) => read(file) === ""))
    .map((group) => `control group ${group}`);
}

/** Everything in the engine that DOCKER_HOST names but images; nothing where none answers. */
function engineThings(): string[] {
  const calls = { container: ["ps", "--all"], network: ["network", "ls"], volume: ["volume", "ls"] };
  return Object.entries(calls).flatMap(([kind, args]) => {
    const name = kind === "container" ? "{{.ID}} {{.Names}} of {{.Image}}" : "{{.Name}}";
    const { status, stdout } = spawnSync("docker", [...args, "--format", name], { encoding: "utf8", timeout: 20_000 });
    const lines = status === 0 ? stdout.split("\n").filter((line) => line !== "") : [];
    return lines.map((line) => `${kind} ${line}`);
  });
}

/**
 * Takes the census. `folder`: the run's own temp folder, whose content counts as well. `alone`: nobody else uses
 * this machine, so that everything with our name is the run's.
 */
export function takeCensus(folder: string, alone: boolean): Census {
  const named = (kind: string, pattern: string) => globSync(pattern).map((path) => `${kind} ${path}`);
  return {
    processes: processes(folder, alone),
    things: new Set([
      ...mounts(folder),
      ...emptyControlGroups(),
      ...(alone ? named("network namespace", "/run/netns/*") : []),
      ...(alone && process.env.DOCKER_HOST !== undefined ? engineThings() : []),
      ...(alone ? named("file", "/{tmp,dev/shm}/*bot-bottle*") : []),
      ...list(folder).map((name) => `file ${join(folder, name)}${someOf(join(folder, name))}`),
    ]),
  };
}

/** What is there now and was not there before; empty: nothing was left. */
export function leftBehind(before: Census, after: Census): string[] {
  const fresh = [...after.processes].filter(([id]) => !before.processes.has(id)).map(([, line]) => line);
  return [...fresh, ...[...after.things].filter((thing) => !before.things.has(thing))];
}
