import { lstatSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../core/model/errors.ts";
import { isName } from "../core/model/ids.ts";

/** Every folder of ours on this host. All absolute. */
export interface Layout {
  /** The operator's manifest lies here. */
  readonly config: string;
  readonly operatorManifest: string;
  readonly state: string;
  readonly bottles: string;
  readonly archive: string;
  readonly cache: string;
  /** Sockets: one folder for each running bottle. */
  readonly runtime: string;
}

/** Every path of one bottle. */
export interface BottlePaths {
  readonly folder: string;
  readonly record: string;
  readonly plan: string;
  readonly policy: string;
  readonly journal: string;
  readonly audit: string;
  /** Agent-writable: host code never opens, lists or deletes what is below. */
  readonly home: string;
  /** Agent-writable, as `home`. */
  readonly workspace: string;
  /** Output of a headless agent, transcript of an interactive one. */
  readonly agentLog: string;
  /** For sockets while the bottle runs. */
  readonly run: string;
  readonly control: string;
}

/** The project's manifest, in the workspace. */
export const MANIFEST_NAME = "bot-bottle.json";
/** sizeof(sockaddr_un.sun_path) - 1, unix(7). */
const LONGEST_SOCKET_PATH = 107;
const LONGEST_NAME = 41;
const CONTROL = "control.sock";

/**
 * Our folders by the XDG Base Directory Specification 0.8 (a relative value there is ignored, as it says).
 * Sockets go below XDG_RUNTIME_DIR when that is ours, closed to others and short enough for any bottle's socket path,
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
    cache: base("XDG_CACHE_HOME", ".cache"),
    runtime: runtimeFolder(env.XDG_RUNTIME_DIR, uid),
  };
}

function runtimeFolder(given: string | undefined, uid: number): string {
  if (given?.startsWith("/") && isOurs(given, uid)) {
    const runtime = join(given, "bot-bottle");
    const longest = join(runtime, "n".repeat(LONGEST_NAME), CONTROL);
    if (Buffer.byteLength(longest) <= LONGEST_SOCKET_PATH) return runtime;
  }
  return `/tmp/bot-bottle-${uid}`;
}

/** After `sudo` or `su` XDG_RUNTIME_DIR may still be another user's. */
function isOurs(folder: string, uid: number): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o077) === 0;
}

/** Paths of the bottle called `name`; `run` as its record says, when there is one. Errors: USAGE for what is no name. */
export function bottlePaths(layout: Layout, name: string, run = join(layout.runtime, name)): BottlePaths {
  // The name comes from the command line or from a folder listing: it must never lead out of our folders.
  if (!isName(name)) throw new BottleError("USAGE", `${JSON.stringify(name)} cannot be the name of a bottle`);
  const folder = join(layout.bottles, name);
  return {
    folder,
    record: join(folder, "record.json"),
    plan: join(folder, "plan.json"),
    policy: join(folder, "policy.json"),
    journal: join(folder, "journal.jsonl"),
    audit: join(folder, "audit.jsonl"),
    home: join(folder, "home"),
    workspace: join(folder, "workspace"),
    agentLog: join(folder, "agent.log"),
    run,
    control: join(run, CONTROL),
  };
}
