import { readdirSync, readFileSync } from "node:fs";
import { run } from "../../../src/host/exec.ts";
import { eventually } from "../operator.ts";
import { type SmolvmOptions, type SmolvmWorld, smolvmWorld } from "../smolvm.ts";
import { NAMED } from "./flag.ts";
import { atLeast } from "./version-order.ts";

/** What a call said. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly stdout: Buffer;
  readonly timedOut: boolean;
}

export interface CallOptions {
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A FAKE smolvm of one release on trial. */
export interface Trial {
  readonly world: SmolvmWorld;
  call(args: readonly string[], options?: CallOptions): Promise<Said>;
  /** `machine create` of NAME, as the release takes it. */
  create(name: string, ...args: readonly string[]): Promise<Said>;
  start(name: string, env?: Readonly<Record<string, string>>): Promise<Said>;
  remove(name: string): Promise<Said>;
  /** What a shell in the machine says to a script. */
  inside(name: string, script: string): Promise<Said>;
  /** One of `ls --json`. */
  shown(name: string): Promise<Readonly<Record<string, unknown>>>;
  /** VM processes of this world. */
  vms(): number[];
  dispose(): Promise<void>;
}

/** Makes one. `dispose` kills what its machines left. */
export function trialOf(
  version: string,
  config: Readonly<Record<string, unknown>> = {},
  options: SmolvmOptions = {},
): Trial {
  const world = smolvmWorld(version, config, options);
  const call = async (args: readonly string[], { stdin, env = {}, timeoutMs = 30_000 }: CallOptions = {}) => {
    const result = await run(
      { argv: [world.program, ...args], env: { ...env } },
      { timeoutMs, ...(stdin !== undefined && { stdin }) },
    );
    return { ...result, out: result.stdout.toString(), err: result.stderr.toString() };
  };
  const named = (name: string) => (atLeast(version, NAMED) ? ["-n", name] : [name]);
  const vms = () => vmProcesses(world.folder);
  return {
    world,
    call,
    create: (name, ...args) => call(["machine", "create", ...named(name), ...args]),
    start: (name, env = {}) => call(["machine", "start", "-n", name], { env }),
    remove: (name) => call(["machine", "delete", ...named(name), "-f"]),
    inside: (name, script) => call(["machine", "exec", "--name", name, "--", "/bin/sh", "-c", script]),
    shown: async (name) => {
      const { out } = await call(["machine", "ls", "--json"]);
      const found = (JSON.parse(out) as Record<string, unknown>[]).find((machine) => machine.name === name);
      if (found === undefined) throw new Error(`no machine ${name}: ${out}`);
      return found;
    },
    vms,
    dispose: async () => {
      for (const pid of vms()) {
        try {
          process.kill(-pid, "SIGKILL");
        } catch {
          // It has ended.
        }
      }
      await eventually("no VM process is left", () => vms().length === 0);
      world.dispose();
    },
  };
}

/** Of machines whose folders lie below this one; pids. */
export function vmProcesses(folder: string): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const at = words.indexOf("_boot-vm");
      return at > 0 && words[at + 1]?.startsWith(`${folder}/`) === true ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}
