import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Agent, attached, detached, of } from "./agent.ts";
import { type Process, readBundle, writeBundle } from "./bundle.ts";
import type { Asked } from "./clap.ts";
import { connect } from "./connections.ts";
import { at, base, inContainer, mannerOf, type Place, placeOf } from "./containers.ts";
import { fault } from "./faults.ts";
import { whose } from "./identity.ts";
import { runningOf } from "./machines.ts";
import { has } from "./quirks.ts";
import { knownMachine, machineFolder, notRunning, RuntimeError, readMachine, touch } from "./store.ts";
import { atLeast } from "./version-order.ts";
import { asked as askedVariables, startFolder, variables, type Workload } from "./workload.ts";

/** Bytes of input after which an old client may get stuck. */
const STUCK = 300 * 2 ** 10;
/** The process of a container that stays, but for the variables, which are those of who comes first. */
const KEEP_ALIVE: Process = {
  ...{ args: ["sleep", "infinity"], env: [], cwd: "/" },
  user: { uid: 0, gid: 0, additionalGids: [] },
};
const UNITS: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 },
};

/** `machine exec`: enters the guest; resolves with the exit code (ExecCmd, src/cli/machine.rs). */
export async function exec(version: string, asked: Asked): Promise<number> {
  const timeout = milliseconds(asked.values.get("timeout"));
  const name = asked.values.get("name") ?? "default";
  if (!asked.values.has("name") && readMachine(name) === null) {
    throw new RuntimeError("agent operation failed: connect: machine 'default' not found");
  }
  const workload: Workload = knownMachine(name);
  touch(name);
  const running = runningOf(name);
  if (running === null) throw notRunning(name);
  const folder = machineFolder(name);
  if (fault("unreachable") !== null) {
    throw new RuntimeError("agent operation failed: connect: agent did not answer");
  }
  if (fault("warnings") !== null && process.env.RUST_LOG !== "off") {
    process.stderr.write("2026-01-01T00:00:00.000000Z  WARN smolvm::agent::client: agent is slow, asking again\n");
  }
  const leave = await connect(version, folder);
  try {
    if (fault("hung-exec") !== null) for (;;) await delay(3_600_000);
    return await serve(version, asked, { workload, folder, vm: running.guest, timeout });
  } finally {
    leave();
  }
}

interface Serving {
  readonly workload: Workload;
  readonly folder: string;
  readonly vm: number;
  readonly timeout: number | null;
}

async function serve(version: string, asked: Asked, { workload, folder, vm, timeout }: Serving): Promise<number> {
  const [tty, detach] = [asked.flags.has("tty"), asked.flags.has("detach")];
  const interactive = !detach && (tty || asked.flags.has("interactive"));
  // Keys were checked for interactive execs too since 1.7.0 (crates/smolvm-agent/src/main.rs).
  const own = askedVariables(version, asked.lists, !interactive || atLeast(version, "1.7.0"));
  const manner = mannerOf(version, interactive);
  const made = inContainer(version, workload);
  const bundle = async () => {
    if (!has(version, "shared-first")) return;
    await writeBundle(folder, { ...KEEP_ALIVE, env: own });
    await readBundle(folder);
  };
  const place = await placeOf(version, { folder, vm, manner, made, bundle });
  const said = processOf(version, workload, folder, place, asked, own);
  // Whoever joins writes it too.
  const shares = has(version, "shared-config") && (manner === "own" || manner === "first");
  if (shares) await writeBundle(folder, said);
  const process = shares && (place.joins === null || has(version, "joined-read")) ? await readBundle(folder) : said;
  const agent: Agent = {
    ...base(folder, vm),
    ...made,
    ...at(place),
    ...of(process),
    ...{ input: interactive, tty, nosize: has(version, "no-size"), oneeof: !atLeast(version, "0.8.1") },
    held: !interactive && !asked.flags.has("stream"),
    ...{ cut: has(version, "cut-output"), sig255: has(version, "signal-255") },
    stuck: !tty && has(version, "stuck-input") ? STUCK : null,
    // Who joined a container was not held to it before 1.7.0 (crates/smolvm-agent/src/main.rs).
    timeout: place.joins !== null && !atLeast(version, "1.7.0") ? null : timeout,
    print: detach,
  };
  return await (detach ? detached : attached)(agent, process.env, process.args);
}

function processOf(
  version: string,
  workload: Workload,
  folder: string,
  place: Place,
  asked: Asked,
  own: readonly string[],
): Process {
  const { user, home } = whose(version, workload, join(folder, "root"), place.joins !== null);
  return {
    args: asked.trailing,
    env: variables(version, workload, home, own),
    cwd: asked.values.get("workdir") ?? startFolder(version, workload),
    user,
  };
}

/** Of a duration that clap has taken. */
function milliseconds(text: string | undefined): number | null {
  if (text === undefined) return null;
  const parts = [...text.matchAll(/(\d+)(ms|s|sec|m|min|h|d)\s*/g)];
  return parts.reduce((total, [, count, unit]) => total + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
}
