import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";
import { GATE_FOLDER, INCIDENTS, PROPOSALS, SETTLED } from "./bottle-folder.ts";
import { SPARE } from "./record-spare.ts";
import { RUN_NAME_LENGTH } from "./run-folder.ts";

/** Every folder of ours on this host. All absolute. */
export interface Layout {
  /** The operator's manifest lies here. */
  readonly config: string;
  readonly operatorManifest: string;
  readonly state: string;
  readonly bottles: string;
  readonly archive: string;
  /** Which projects the operator trusts (trust-records.ts). */
  readonly trust: string;
  readonly cache: string;
  /** Objects of git servers that bottles share (gitgate/seed). */
  readonly seeds: string;
  /** Sockets: one folder for each running bottle (run-folder.ts), below this one. */
  readonly runtime: string;
}

/** Every path of one bottle. */
export interface BottlePaths {
  readonly folder: string;
  readonly record: string;
  /** Room on the disk for the end of the record (record-spare.ts). */
  readonly spare: string;
  readonly plan: string;
  /** The configuration with which the agent began (`session/provisioned`). */
  readonly provisioned: string;
  readonly policy: string;
  readonly journal: string;
  readonly audit: string;
  /** Agent-writable: host code never opens, lists or deletes what is below. */
  readonly home: string;
  /** Agent-writable, as `home`. */
  readonly workspace: string;
  /** Where the agent's work began (core/model/work, WorkBase). */
  readonly base: string;
  /** Repositories of ours with what the workspace held then; made in a workshop, and no agent sees it. */
  readonly baseFolder: string;
  /** There when what has not landed was kept, and the rest may be erased. */
  readonly settled: string;
  /** Agent-writable while its work is collected. */
  readonly scratch: string;
  /** What waits for the operator while the bottle runs (proposals.ts). */
  readonly proposals: string;
  /** What happened and the operator should see, until they have (core/model/incident). */
  readonly incidents: string;
  /** Mirrors of the git gate; there when it was asked for something. */
  readonly gate: string;
  /** What its models used (usage-files.ts). */
  readonly usage: string;
  /** Output of a headless agent, transcript of an interactive one. */
  readonly agentLog: string;
  /** What the host process of a detached bottle had to say. */
  readonly hostLog: string;
}

/** Paths of a bottle whose record is known. */
export interface LivePaths extends BottlePaths {
  /** For sockets while the bottle runs; as the record says, since another shell may have another XDG_RUNTIME_DIR. */
  readonly run: string;
  readonly control: string;
  /** Where the host process searches what others bring in. */
  readonly search: string;
  /** Where attached terminals hear what is told to the operator. */
  readonly notices: string;
  /** What the agent wants in the operator's clipboard, while nobody has said yes. */
  readonly clipboard: string;
  /** What the agent does and what it used, as the host process saw it (core/model/activity). */
  readonly activity: string;
  /** Where the agent's terminal is held (host/terminal-holder). */
  readonly holder: HolderPaths;
}

/** Files of the tmux server that holds the agent's terminal. */
export interface HolderPaths {
  readonly socket: string;
  readonly config: string;
  /** Runs the agent on the terminal. */
  readonly script: string;
  /** Its exit code, once it has ended. */
  readonly exit: string;
  /** A pipe: what the agent prints, on its way to the transcript. */
  readonly output: string;
}

/** The project's manifest, in the workspace. */
export const MANIFEST_NAME = "bot-bottle.json";
/** sizeof(sockaddr_un.sun_path) - 1, unix(7). */
const LONGEST_SOCKET_PATH = 107;
const CONTROL = "control.sock";
/** No longer than the other: its length is what is checked. */
const SEARCH = "search.sock";
const NOTICES = "notice.sock";

/**
 * Our folders by the XDG Base Directory Specification 0.8 (a relative value there is ignored, as it says).
 * Sockets go below XDG_RUNTIME_DIR when that is ours, closed to others and short enough for any socket path,
 * else into a per-user folder in /tmp, which `makePrivateFolder` checks before use.
 * `env` is the operator's environment; `home` is used where HOME would be.
 */
export function layoutOf(env: Readonly<Record<string, string | undefined>>, home: string, uid: number): Layout {
  const base = (variable: string, fallback: string): string => {
    const value = env[variable];
    return join(value?.startsWith("/") ? value : join(home, fallback), "bot-bottle");
  };
  const config = base("XDG_CONFIG_HOME", ".config");
  const state = base("XDG_STATE_HOME", ".local/state");
  return {
    config,
    operatorManifest: join(config, MANIFEST_NAME),
    state,
    bottles: join(state, "bottles"),
    archive: join(state, "archive"),
    trust: join(state, "trust"),
    cache: base("XDG_CACHE_HOME", ".cache"),
    seeds: join(base("XDG_CACHE_HOME", ".cache"), "git"),
    runtime: runtimeFolder(env.XDG_RUNTIME_DIR, uid),
  };
}

function runtimeFolder(given: string | undefined, uid: number): string {
  if (given?.startsWith("/") && isOurs(given, uid)) {
    const runtime = join(given, "bot-bottle");
    const longest = join(runtime, "n".repeat(RUN_NAME_LENGTH), CONTROL);
    if (Buffer.byteLength(longest) <= LONGEST_SOCKET_PATH) return runtime;
  }
  return sharedRuntime(uid);
}

/** Where sockets go without an XDG_RUNTIME_DIR of ours. */
export function sharedRuntime(uid: number): string {
  return `/tmp/bot-bottle-${uid}`;
}

/** After `sudo` or `su` XDG_RUNTIME_DIR may still be another user's. */
function isOurs(folder: string, uid: number): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o077) === 0;
}

/** Paths of the bottle called `name`. Errors: USAGE for what is no name. */
export function bottlePaths(layout: Layout, name: string): BottlePaths {
  // The name comes from the command line or from a folder listing: it must never lead out of our folders.
  if (!isName(name)) throw new BottleError("USAGE", `${JSON.stringify(name)} cannot be the name of a bottle`);
  return pathsIn(join(layout.bottles, name));
}

/** Paths of a bottle in its folder, wherever that stands by now. */
export function pathsIn(folder: string): BottlePaths {
  return {
    folder,
    record: join(folder, "record.json"),
    spare: join(folder, SPARE),
    plan: join(folder, "plan.json"),
    provisioned: join(folder, "provisioned.json"),
    policy: join(folder, "policy.json"),
    journal: join(folder, "journal.jsonl"),
    audit: join(folder, "audit.jsonl"),
    home: join(folder, "home"),
    workspace: join(folder, "workspace"),
    base: join(folder, "base.json"),
    baseFolder: join(folder, "base"),
    settled: join(folder, SETTLED),
    scratch: join(folder, "scratch"),
    proposals: join(folder, PROPOSALS),
    incidents: join(folder, INCIDENTS),
    gate: join(folder, GATE_FOLDER),
    usage: join(folder, "usage.json"),
    agentLog: join(folder, "agent.log"),
    hostLog: join(folder, "host.log"),
  };
}

/** Paths of a recorded bottle, its sockets among them. Errors: USAGE for what is no name. */
export function livePaths(layout: Layout, record: Pick<BottleRecord, "name" | "run">): LivePaths {
  return {
    ...bottlePaths(layout, record.name),
    run: record.run,
    control: join(record.run, CONTROL),
    search: join(record.run, SEARCH),
    notices: join(record.run, NOTICES),
    clipboard: join(record.run, "clipboard.json"),
    activity: join(record.run, "activity.json"),
    holder: {
      socket: join(record.run, "tmux.sock"),
      config: join(record.run, "tmux.conf"),
      script: join(record.run, "terminal.sh"),
      exit: join(record.run, "exit"),
      output: join(record.run, "output"),
    },
  };
}
