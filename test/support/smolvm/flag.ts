/** What a value must look like; anything else is a usage error, as clap's value parsers make it. */
export type Takes = "text" | "u8" | "u32" | "u64" | "port" | "cidr" | "octal" | "duration";

export interface Flag {
  readonly long: string;
  readonly short?: string;
  /** `flag`: no value; `value`: one; `list`: may be repeated. */
  readonly kind: "flag" | "value" | "list";
  readonly since?: string;
  readonly until?: string;
  readonly conflicts?: readonly string[];
  /** Other flags that it cannot be without. */
  readonly requires?: readonly string[];
  readonly takes?: Takes;
  /** How `--help` names the value; else the name in capitals. */
  readonly shows?: string;
  /** Not in `--help` before this release; `always`: in none. */
  readonly hidden?: string;
  /** Must be given. */
  readonly required?: true;
  /** Where upstream says it, when that is not where the command is: file, pull request or issue. */
  readonly follows?: string;
}

export interface CommandShape {
  readonly words: readonly [string, string];
  readonly aliases?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  /** Names of plain words; `?` ends an optional one. */
  readonly positional: readonly string[];
  /** What comes behind: `greedy` begins with the first word that no positional takes, `separate` behind `--` only. */
  readonly trailing?: "greedy" | "separate";
  /** `greedy` may be empty. */
  readonly mayTrail?: true;
  /** Not in the group's `--help`. */
  readonly hidden?: true;
  readonly flags: readonly Flag[];
  /** File of the upstream repository, and the tag at which it was read. */
  readonly follows: string;
}

export const value = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "value", ...more });
export const flag = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "flag", ...more });
export const list = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "list", ...more });

/** NAME was a plain word until 1.0.2, and is `-n NAME` since. */
export const NAMED = "1.0.2";
export const name = value("name", { short: "n" });
/** `create` took no workload before, and takes it behind the name, later behind `--` only. */
export const WORKLOAD = "1.0.0";

export const MACHINE = "src/cli/machine.rs v0.8.0";
export const PACK = "src/cli/pack.rs v0.8.0";

const IMAGE = value("image", { short: "I" });
const SMOLFILE = value("smolfile", { short: "s", shows: "PATH" });
const SIZES = [value("cpus", { takes: "u8", shows: "N" }), value("mem", { takes: "u32", shows: "MiB" })] as const;
const DISKS = [
  value("storage", { takes: "u64", shows: "GiB" }),
  value("overlay", { takes: "u64", shows: "GiB" }),
] as const;
const SECRETS = [
  list("secret-env", { since: "1.0.0", shows: "GUEST=HOST" }),
  list("secret-file", { since: "1.0.0", shows: "GUEST=PATH" }),
] as const;
const PROXY = [value("proxy", { since: "0.8.1", shows: "URL" }), value("no-proxy", { since: "0.8.1" })] as const;
const VOLUME = list("volume", { short: "v", shows: "HOST:GUEST[:ro]" });
const PORT = list("port", { short: "p", takes: "port", shows: "HOST:GUEST" });
const ENV = list("env", { short: "e", shows: "KEY=VALUE" });
const WORKDIR = value("workdir", { short: "w", shows: "PATH" });
const GPU = [flag("gpu"), value("gpu-vram", { takes: "u32", shows: "MiB" })] as const;

/** How a machine reaches the network; the same for create and run. */
const EGRESS: readonly Flag[] = [
  flag("net"),
  value("net-backend", { hidden: NAMED, shows: "BACKEND" }),
  list("allow-cidr", { takes: "cidr", shows: "CIDR" }),
  list("allow-host", { shows: "HOST" }),
  flag("outbound-localhost-only"),
  value("dns", { since: "1.2.5", shows: "IP" }),
  list("mount-socket", { since: "1.6.4", shows: "HOST:GUEST", follows: "crates/smolvm-agent/src/publish_socket.rs" }),
  list("expose-socket", {
    since: "1.6.4",
    shows: "GUEST[:HOST]",
    follows: "crates/smolvm-agent/src/publish_socket.rs",
  }),
  value("network", { since: "1.8.3" }),
];

/** Flags that several commands share. */
export const SHARED = {
  IMAGE,
  SMOLFILE,
  SIZES,
  DISKS,
  SECRETS,
  PROXY,
  VOLUME,
  PORT,
  ENV,
  WORKDIR,
  GPU,
  EGRESS,
} as const;
