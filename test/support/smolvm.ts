import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { shellLine, shellWord } from "../../src/core/wire/shell-words.ts";
import { NODE_FLAGS } from "./node-flags.ts";
import { savedImage } from "./saved-image.ts";
import { HOST_PROGRAMS } from "./smolvm/guest.ts";
import { removeWorldMemory } from "./smolvm/memory.ts";

const PROGRAM = join(import.meta.dirname, "smolvm/main-child.ts");

/** A world with a FAKE smolvm of one version in it: what BOT_BOTTLE_SMOLVM and BOT_BOTTLE_IMAGE name. */
export interface SmolvmWorld {
  readonly folder: string;
  readonly program: string;
  readonly image: string;
  /** Other quirks and faults from here on; what is left out is as its release has it. */
  set(options: SmolvmOptions): void;
  dispose(): void;
}

export interface SmolvmOptions {
  /** `+shared-config,-no-size`: on or off whatever the release (smolvm/quirks.ts). */
  readonly quirks?: string;
  /** `failing-start,slow-stop=500` (smolvm/faults.ts). */
  readonly faults?: string;
  /** File to which each call appends a line of JSON. */
  readonly log?: string;
  /** Who extracts packs, as if smolvm ran as that user. */
  readonly extractor?: number;
  /** How long what is half done stays so, in ms (smolvm/pause.ts). */
  readonly pauseMs?: number;
  /** What a machine with a network can reach, on this host's loopback (smolvm/network.ts). */
  readonly world?: Readonly<Record<string, number | string>>;
}

/** Shell lines that say the options to the program. */
function settings({ quirks, faults, log, extractor, pauseMs, world }: SmolvmOptions): string {
  const named: Readonly<Record<string, string | undefined>> = {
    STAND_IN_QUIRKS: quirks,
    STAND_IN_FAULTS: faults,
    STAND_IN_LOG: log,
    STAND_IN_PAUSE_MS: pauseMs?.toString(),
    STAND_IN_EXTRACTOR_UID: extractor?.toString(),
    STAND_IN_WORLD: world === undefined ? undefined : JSON.stringify(world),
  };
  return Object.entries(named)
    .flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${shellWord(value)}\n`]))
    .join("");
}

/** Makes one; `env` is what its program keeps of the caller's environment, as the driver names its own. */
export function smolvmWorld(
  version: string,
  config: Readonly<Record<string, unknown>> = {},
  options: SmolvmOptions = {},
): SmolvmWorld {
  const folder = mkdtempSync(join(tmpdir(), "smolvm-"));
  chmodSync(folder, 0o755);
  const [program, image, home] = [join(folder, "smolvm"), join(folder, "image.tar"), join(folder, "home")];
  mkdirSync(home, { mode: 0o700 });
  const line = shellLine([process.execPath, ...NODE_FLAGS, "--no-warnings", PROGRAM]);
  writeFileSync(
    program,
    `#!/bin/sh\n# A fake smolvm for tests.\nexport STAND_IN_VERSION=${version} HOME=${home} NODE_COMPILE_CACHE=${folder}/compiled\nunset XDG_DATA_HOME XDG_CACHE_HOME\n. ${folder}/settings\nexec ${line} "$@"\n`,
    { mode: 0o755 },
  );
  // Its programs are those of this machine.
  writeFileSync(image, savedImage({ config, layers: [{ [HOST_PROGRAMS]: "" }] }));
  const set = (asked: SmolvmOptions) => writeFileSync(join(folder, "settings"), settings(asked));
  set(options);
  const dispose = () => {
    removeWorldMemory(home);
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, program, image, set, dispose };
}

/** By which an operator chooses it. */
export function namesOf({ program, image }: Pick<SmolvmWorld, "program" | "image">) {
  return { BOT_BOTTLE_BACKEND: "smolmachines", BOT_BOTTLE_SMOLVM: program, BOT_BOTTLE_SMOLVM_IMAGE: image };
}

let used: SmolvmWorld | null = null;

/** The world of this process, which its environment names; one that a test has named already is shared. */
export function namedSmolvm(version: string): SmolvmWorld {
  if (used !== null) return used;
  const { BOT_BOTTLE_SMOLVM: program, BOT_BOTTLE_SMOLVM_IMAGE: image } = process.env;
  if (program !== undefined && image !== undefined) {
    const folder = dirname(image);
    used = { folder, program, image, set: () => {}, dispose: () => {} };
    return used;
  }
  const world = smolvmWorld(version);
  process.env.BOT_BOTTLE_SMOLVM = world.program;
  process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
  // What the driver keeps for machines of the fake one is none of this user's.
  process.env.XDG_CACHE_HOME = join(world.folder, "cache");
  process.once("exit", world.dispose);
  used = world;
  return world;
}
