import { type CommandShape, type Flag, flag, list, MACHINE, NAMED, name, SHARED, value, WORKLOAD } from "./flag.ts";
import { MACHINE_COMMANDS } from "./machine-flags.ts";
import { PACK_COMMANDS } from "./pack-flags.ts";

/**
 * What the command line of smol-machines/smolvm takes, by version: the table that the FAKE `smolvm` of these tests parses by.
 * Each command names the file of that repository that it follows; `since` and `until` (exclusive) are its release tags.
 * Nothing here was observed on a real machine: what was not read there is not here, and is refused as unknown.
 */
const CREATE: readonly Flag[] = [
  { ...SHARED.IMAGE, conflicts: ["from"] },
  value("from", { conflicts: ["image", "smolfile"], shows: "PATH" }),
  SHARED.SMOLFILE,
  ...SHARED.SIZES,
  ...SHARED.DISKS,
  SHARED.VOLUME,
  SHARED.PORT,
  SHARED.ENV,
  SHARED.WORKDIR,
  ...SHARED.EGRESS,
  ...SHARED.GPU,
  flag("ssh-agent"),
  list("init", { shows: "CMD" }),
  ...SHARED.SECRETS,
  value("max-image-size", { since: "1.2.0" }),
  flag("docker-socket", { since: "1.6.1" }),
  list("label", { since: "1.8.0", shows: "KEY=VALUE" }),
];

export const COMMANDS: readonly CommandShape[] = [
  { words: ["machine", "create"], positional: ["NAME?"], until: WORKLOAD, flags: CREATE, follows: MACHINE },
  {
    words: ["machine", "create"],
    positional: ["NAME?"],
    trailing: "greedy",
    mayTrail: true,
    since: WORKLOAD,
    until: NAMED,
    flags: CREATE,
    follows: MACHINE,
  },
  {
    words: ["machine", "create"],
    positional: [],
    trailing: "separate",
    since: NAMED,
    flags: [name, ...CREATE],
    follows: MACHINE,
  },
  {
    words: ["machine", "start"],
    positional: [],
    flags: [name, flag("forkable", { since: "1.0.0" }), ...SHARED.PROXY],
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
    flags: [{ ...name, required: true }, flag("force", { short: "f" }), flag("cascade", { since: "1.7.0" })],
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
  ...MACHINE_COMMANDS,
  ...PACK_COMMANDS,
];
