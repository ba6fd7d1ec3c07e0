/**
 * What the command line of smol-machines/smolvm takes, by version: the table that the FAKE `smolvm` of these tests parses by.
 * Each command names the file of that repository that it follows; `since` and `until` (exclusive) are its release tags.
 * Nothing here was observed on a real machine: what was not read there is not here, and is refused as unknown.
 */
export interface Flag {
  readonly long: string;
  readonly short?: string;
  /** `flag`: no value; `value`: one; `list`: may be repeated. */
  readonly kind: "flag" | "value" | "list";
  readonly since?: string;
  readonly until?: string;
  readonly conflicts?: readonly string[];
}

export interface CommandShape {
  readonly words: readonly [string, string];
  readonly aliases?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  /** Names of plain words; `?` ends an optional one. */
  readonly positional: readonly string[];
  /** What comes behind: `greedy` begins with the first plain word, `separate` behind `--` only. */
  readonly trailing?: "greedy" | "separate";
  readonly flags: readonly Flag[];
  readonly follows: string;
}

const value = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "value", ...more });
const flag = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "flag", ...more });
const list = (long: string, more: Partial<Flag> = {}): Flag => ({ long, kind: "list", ...more });

/** NAME was a plain word until 1.0.2, and is `-n NAME` since. */
const NAMED = "1.0.2";
const name = value("name", { short: "n" });
const nameSince = value("name", { short: "n", since: NAMED });

const CREATE: readonly Flag[] = [
  nameSince,
  value("image", { short: "I" }),
  value("from", { conflicts: ["image", "smolfile"] }),
  value("smolfile", { short: "s" }),
  ...["cpus", "mem", "storage", "overlay", "gpu-vram", "net-backend"].map((long) => value(long)),
  list("volume", { short: "v" }),
  list("port", { short: "p" }),
  list("env", { short: "e" }),
  value("workdir", { short: "w" }),
  ...["net", "outbound-localhost-only", "ssh-agent", "gpu"].map((long) => flag(long)),
  ...["allow-cidr", "allow-host", "init"].map((long) => list(long)),
  ...["secret-env", "secret-file"].map((long) => list(long, { since: "1.0.0" })),
  value("max-image-size", { since: "1.2.0" }),
  value("dns", { since: "1.2.5" }),
  flag("docker-socket", { since: "1.6.1" }),
  ...["mount-socket", "expose-socket"].map((long) => list(long, { since: "1.6.4" })),
  list("label", { since: "1.8.0" }),
  value("network", { since: "1.8.3" }),
];

/** Followed by `create` in each version: a NAME that may be left out. */
const MACHINE = "src/cli/machine.rs";

export const COMMANDS: readonly CommandShape[] = [
  { words: ["machine", "create"], positional: ["NAME?"], until: NAMED, flags: CREATE, follows: MACHINE },
  {
    words: ["machine", "create"],
    positional: [],
    trailing: "separate",
    since: NAMED,
    flags: CREATE,
    follows: MACHINE,
  },
  {
    words: ["machine", "start"],
    positional: [],
    flags: [name, flag("forkable", { since: "1.0.0" }), value("proxy", { since: "0.8.1" })],
    follows: MACHINE,
  },
  { words: ["machine", "stop"], positional: [], flags: [name], follows: MACHINE },
  {
    words: ["machine", "delete"],
    aliases: ["rm"],
    positional: ["NAME"],
    until: NAMED,
    flags: [flag("force", { short: "f" })],
    follows: MACHINE,
  },
  {
    words: ["machine", "delete"],
    aliases: ["rm"],
    positional: [],
    since: NAMED,
    flags: [name, flag("force", { short: "f" }), flag("cascade", { since: "1.7.0" })],
    follows: MACHINE,
  },
  { words: ["machine", "status"], positional: [], flags: [name, flag("json")], follows: MACHINE },
  {
    words: ["machine", "ls"],
    aliases: ["list"],
    positional: [],
    flags: [flag("json"), flag("verbose", { short: "v" })],
    follows: MACHINE,
  },
  {
    words: ["machine", "exec"],
    positional: [],
    trailing: "greedy",
    flags: [
      value("name"),
      value("workdir", { short: "w" }),
      list("env", { short: "e" }),
      value("timeout"),
      flag("interactive", { short: "i" }),
      flag("tty", { short: "t" }),
      flag("stream"),
      ...["secret-env", "secret-file"].map((long) => list(long, { since: "1.0.0" })),
      flag("detach", { short: "d", since: "1.3.0" }),
    ],
    follows: "ExecCmd, src/cli/machine.rs v0.8.0; secrets: v1.0.0; detach: v1.3.0",
  },
];
