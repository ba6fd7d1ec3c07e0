import { readdirSync, readFileSync } from "node:fs";

/** Parent and start time of a process, or null when it is gone (proc_pid_stat(5), fields 4 and 22). */
function stat(pid: number): { readonly parent: number; readonly start: string } | null {
  try {
    // The name in the second field may hold spaces and brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return { parent: Number(fields[1]), start: fields[19] ?? "" };
  } catch {
    return null;
  }
}

/** All processes below this one, children before their own children. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const found = stat(Number(name));
    if (found !== null) children.set(found.parent, [...(children.get(found.parent) ?? []), Number(name)]);
  }
  const below: number[] = [];
  const queue = [root];
  for (let parent = queue.shift(); parent !== undefined; parent = queue.shift()) {
    const next = children.get(parent) ?? [];
    below.push(...next);
    queue.push(...next);
  }
  return below;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}

/** Ends a process that was found as ours, and everything below it. */
function killTree(pid: number): void {
  for (const each of [...descendants(pid).reverse(), pid]) kill(each);
}

/** Ends everything below this process. */
export function killDescendants(): void {
  for (const pid of descendants(process.pid).reverse()) kill(pid);
}

/** Ends processes named as in a census: `pid:start time`, so that a recycled pid is left alone. */
export function killNamed(ids: Iterable<string>): void {
  for (const id of ids) {
    const [pid = "", start] = id.split(":");
    if (stat(Number(pid))?.start === start) kill(Number(pid));
  }
}

/**
 * Ends children of this process that live longer than `limitMs`, with everything below them. node:test has a limit
 * for each test, but none for a file whose tests have ended and that a forgotten handle keeps alive.
 * Answers the function that stops watching. `say` is called with the arguments of what was ended.
 */
export function watchChildren(limitMs: number, say: (argv: readonly string[]) => void): () => void {
  const seen = new Map<string, number>();
  const timer = setInterval(
    () => {
      const now = performance.now();
      for (const name of readdirSync("/proc")) {
        const found = /^\d+$/.test(name) ? stat(Number(name)) : null;
        if (found?.parent !== process.pid) continue;
        const id = `${name}:${found.start}`;
        const since = seen.get(id) ?? now;
        seen.set(id, since);
        if (now - since < limitMs) continue;
        let argv: string[] = [];
        try {
          argv = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        } catch {
          continue;
        }
        say(argv);
        killTree(Number(name));
      }
    },
    Math.min(2000, limitMs / 2),
  );
  return () => clearInterval(timer);
}
