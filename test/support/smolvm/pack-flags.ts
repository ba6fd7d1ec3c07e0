import { type CommandShape, flag, NAMED, PACK, SHARED, value } from "./flag.ts";

const SIDECAR = value("sidecar", { shows: "PATH" });

/** Commands on packs. There is no `build`, `load` or `import`. */
export const PACK_COMMANDS: readonly CommandShape[] = [
  {
    words: ["pack", "create"],
    positional: [],
    flags: [
      { ...SHARED.IMAGE, conflicts: ["from-vm"], unless: ["from-vm", "smolfile"] },
      value("from-vm", { conflicts: ["image"], shows: "VM_NAME" }),
      value("output", { short: "o", required: true, shows: "PATH" }),
      ...SHARED.SIZES,
      value("oci-platform", { shows: "OS/ARCH" }),
      value("entrypoint", { shows: "CMD" }),
      flag("no-sign"),
      flag("single-file"),
      SHARED.SMOLFILE,
      flag("gpu"),
      ...["stub", "lib-dir", "rootfs-dir"].map((long) => value(long, { hidden: "always" })),
      ...SHARED.PROXY,
      value("staging-dir", { since: "1.2.0", shows: "DIR" }),
      flag("rebase-from-image", { since: "1.4.0" }),
    ],
    follows: PACK,
  },
  {
    words: ["pack", "run"],
    positional: [],
    trailing: "greedy",
    mayTrail: true,
    flags: [
      SIDECAR,
      flag("interactive", { short: "i" }),
      flag("tty", { short: "t" }),
      value("timeout", { takes: "duration", shows: "DURATION" }),
      SHARED.WORKDIR,
      SHARED.ENV,
      SHARED.VOLUME,
      SHARED.PORT,
      flag("net"),
      value("net-backend", { hidden: NAMED }),
      ...SHARED.SIZES,
      ...SHARED.DISKS,
      flag("force-extract"),
      flag("info"),
      flag("debug"),
    ],
    follows: PACK,
  },
  // Only their names were read.
  ...["push", "pull", "inspect", "prune"].map(
    (word): CommandShape => ({
      words: ["pack", word],
      positional: [],
      trailing: "greedy",
      mayTrail: true,
      flags: [],
      follows: PACK,
    }),
  ),
];
