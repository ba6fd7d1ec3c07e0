import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import type { Process } from "./bundle.ts";

const PROGRAM = join(import.meta.dirname, "agent.pl");

/** What agent.pl is told of one exec; what is left out is off. */
export interface Agent {
  /** First process of the VM. */
  readonly vm: number;
  /** Folder of the machine's record of containers. */
  readonly state: string;
  /** File by which a process joins the machine's memory, or nothing. */
  readonly memory: string;
  /** First process of the container that it joins. */
  readonly join?: number | null;
  /** It makes a container: for itself, or for others to join too. */
  readonly make?: "own" | "shared" | null;
  /** Of a container on record. */
  readonly id?: string;
  /** How long a container on record is not yet running, in ms. */
  readonly window?: number;
  /** The container's first process is none of the command's. */
  readonly keep?: boolean;
  /** A new container has a /tmp and /run of its own, but for volumes. */
  readonly fresh?: boolean;
  readonly shown?: readonly string[];
  /** Of root's rights only Docker's are left, and 1024 files. */
  readonly few?: boolean;
  readonly uid?: number;
  readonly groups?: readonly number[];
  readonly cwd?: string;
  /** It reads the client's stdin. */
  readonly input?: boolean;
  readonly tty?: boolean;
  /** The terminal is told no size. */
  readonly nosize?: boolean;
  /** The end of what is typed is sent once. */
  readonly oneeof?: boolean;
  /** Outputs are written when it has ended. */
  readonly held?: boolean;
  /** What is too much of them is cut in silence. */
  readonly cut?: boolean;
  /** A death by signal is 255. */
  readonly sig255?: boolean;
  /** Bytes of input after which it stands still. */
  readonly stuck?: number | null;
  /** In ms. */
  readonly timeout?: number | null;
  /** Nobody waits for it. */
  readonly detach?: boolean;
  /** Its pid inside is printed. */
  readonly print?: boolean;
}

const OFF: Required<Omit<Agent, "vm" | "state" | "memory">> = {
  ...{
    join: null,
    make: null,
    id: "",
    window: 0,
    keep: false,
    fresh: false,
    shown: [],
    few: false,
    uid: 0,
    groups: [0],
  },
  ...{ cwd: "/", input: false, tty: false, nosize: false, oneeof: false, held: false, cut: false, sig255: false },
  ...{ stuck: null, timeout: null, detach: false, print: false },
};

function words(agent: Agent, env: readonly string[], args: readonly string[]): string[] {
  const told = Object.entries({ ...OFF, ...agent }).map(([name, value]) => {
    if (typeof value === "boolean") return `${name}=${value ? 1 : ""}`;
    if (Array.isArray(value)) return `${name}=${value.join(name === "groups" ? "," : ":")}`;
    return `${name}=${value ?? ""}`;
  });
  return [PROGRAM, ...told, "--", ...env, "--", ...args];
}

const ENV = { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" };

/** PURE: who runs it, as an agent is told. */
export const of = ({ user, cwd }: Pick<Process, "user" | "cwd">): Pick<Agent, "uid" | "groups" | "cwd"> => ({
  uid: user.uid,
  groups: [user.gid, ...user.additionalGids],
  cwd,
});

/** Runs a command for this client, with its stdin, stdout and stderr; resolves with its code. */
export function attached(agent: Agent, env: readonly string[], args: readonly string[]): Promise<number> {
  const child = spawn("perl", words(agent, env, args), {
    // What signals the client's group does not reach the guest; a terminal's own group may read it.
    detached: agent.tty !== true,
    stdio: ["inherit", "inherit", "inherit", "pipe"],
    env: ENV,
  });
  const resized = () => void child.kill("SIGWINCH");
  if (agent.tty === true) process.on("SIGWINCH", resized);
  return codeOf(child).finally(() => process.off("SIGWINCH", resized));
}

/** Runs a command that stays. Resolves with 0 when it runs, or with the code with which it could not. */
export function detached(agent: Agent, env: readonly string[], args: readonly string[]): Promise<number> {
  return codeOf(
    spawn("perl", words({ ...agent, detach: true }, env, args), {
      detached: true,
      stdio: ["ignore", agent.print === true ? "inherit" : "ignore", "inherit"],
      env: ENV,
    }),
  );
}

function codeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}
