/** What a value must look like; anything else is a usage error, as clap's value parsers make it. */
export type Takes = "text" | "image" | "u8" | "u32" | "u64" | "mib" | "port" | "cidr" | "duration";

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
  /** Must be given where none of these is. */
  readonly unless?: readonly string[];
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

/** `--cpus <N>`, as help and errors name it. */
export const flagText = ({ long, kind, shows }: Flag): string =>
  kind === "flag" ? `--${long}` : `--${long} <${shows ?? long.toUpperCase().replaceAll("-", "_")}>`;

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
  list("secret-env", { since: "1.0.0", shows: "GUEST_VAR=HOST_VAR" }),
  list("secret-file", { since: "1.0.0", shows: "GUEST_VAR=PATH" }),
] as const;
const PROXY = [
  value("proxy", { since: "0.8.1", shows: "URL" }),
  value("no-proxy", { since: "0.8.1", shows: "LIST" }),
] as const;
const VOLUME = list("volume", { short: "v", shows: "HOST:GUEST[:ro]" });
const PORT = list("port", { short: "p", takes: "port", shows: "HOST:GUEST" });
const ENV = list("env", { short: "e", shows: "KEY=VALUE" });
const WORKDIR = value("workdir", { short: "w", shows: "DIR" });
const GPU = [flag("gpu"), value("gpu-vram", { takes: "mib", shows: "MiB" })] as const;

/** For devices that no machine here has; the releases are those of wheels, where `--help` showed them first. */
const DEVICES: readonly Flag[] = [
  flag("cuda", { since: "1.4.0" }),
  flag("rosetta", { since: "1.5.0" }),
  flag("docker-socket", { since: "1.6.0" }),
  flag("auto-graph", { since: "1.7.2" }),
];

/** How a machine reaches the network; the same for create and run. */
const EGRESS: readonly Flag[] = [
  flag("net"),
  value("net-backend", { hidden: NAMED }),
  list("allow-cidr", { takes: "cidr", shows: "CIDR" }),
  list("allow-host", { shows: "HOSTNAME" }),
  flag("outbound-localhost-only"),
  value("dns", { since: "1.2.5", shows: "IP" }),
  value("network", { since: "1.8.3", shows: "NAME" }),
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
  DEVICES,
  EGRESS,
} as const;
