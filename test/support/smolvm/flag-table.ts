import { type CommandShape, type Flag, flag, list, MACHINE, NAMED, name, SHARED, value, WORKLOAD } from "./flag.ts";
import { MACHINE_COMMANDS } from "./machine-flags.ts";
import { PACK_COMMANDS } from "./pack-flags.ts";

/**
 * What the command line of smol-machines/smolvm takes, by version: the table that the FAKE `smolvm` of these tests parses by.
 * Each command names the file of that repository that it follows; `since` and `until` (exclusive) are its release tags.
 * The wheels of 1.4.0 to 1.10.0 were asked for `--help` (seen/): each option is there from the release on that it has here.
 * What was neither read nor seen is not here, and is refused as unknown.
 */
const CREATE: readonly Flag[] = [
  { ...SHARED.IMAGE, until: "0.8.1", conflicts: ["from"] },
  { ...SHARED.IMAGE, since: "0.8.1", takes: "image", conflicts: ["from"] },
  value("from", { conflicts: ["image", "smolfile"], shows: "PATH" }),
  SHARED.SMOLFILE,
  ...SHARED.SIZES,
  ...SHARED.DISKS,
  { ...SHARED.VOLUME, until: "1.9.3" },
  { ...SHARED.VOLUME, since: "1.9.3", shows: "HOST|REMOTE:GUEST[:ro]" },
  SHARED.PORT,
  SHARED.ENV,
  SHARED.WORKDIR,
  ...SHARED.EGRESS,
  ...["mount-socket", "expose-socket"].map((long) =>
    list(long, {
      since: "1.6.4",
      shows: long === "mount-socket" ? "HOST_PATH:GUEST_PATH" : "GUEST_PATH[:HOST_PATH]",
      follows: "crates/smolvm-agent/src/publish_socket.rs",
    }),
  ),
  ...SHARED.GPU,
  ...SHARED.DEVICES,
  flag("ssh-agent"),
  list("init", { shows: "COMMAND" }),
  ...SHARED.SECRETS,
  value("max-image-size", { since: "1.2.0", shows: "SIZE" }),
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
    flags: [
      name,
      flag("forkable", { since: "1.0.0" }),
      value("fork-pool-size", { since: "1.7.2", shows: "CLONES" }),
      value("cuda-vram-limit-mib", { since: "1.7.2", shows: "MIB" }),
      ...SHARED.PROXY,
    ],
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
      SHARED.WORKDIR,
      SHARED.ENV,
      value("timeout", { takes: "duration", shows: "DURATION" }),
      flag("interactive", { short: "i" }),
      flag("tty", { short: "t" }),
      flag("stream"),
      ...SHARED.SECRETS,
      flag("detach", { short: "d", since: "1.3.0" }),
    ],
    follows: "ExecCmd, src/cli/machine.rs v0.8.0; secrets: v1.0.0; detach: v1.3.0",
  },
  ...MACHINE_COMMANDS,
  ...PACK_COMMANDS,
];
