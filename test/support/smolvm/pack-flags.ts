import { type CommandShape, flag, NAMED, PACK, SHARED, value } from "./flag.ts";

const SIDECAR = value("sidecar", { shows: "PATH" });

/** Commands on packs; of `inspect`, `prune`, `push` and `pull` only the names are known. There is no `build`, `load` or `import`. */
export const PACK_COMMANDS: readonly CommandShape[] = [
  {
    words: ["pack", "create"],
    positional: [],
    flags: [
      { ...SHARED.IMAGE, conflicts: ["from-vm"] },
      value("from-vm", { conflicts: ["image"], shows: "NAME" }),
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
      value("staging-dir", { since: "1.2.0", shows: "PATH" }),
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
];
