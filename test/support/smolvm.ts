import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { guestArchive } from "../../src/backends/guest-archive.ts";
import { shellLine } from "../../src/core/wire/shell-words.ts";
import { NODE_FLAGS } from "./node-flags.ts";
import { HOST_PROGRAMS } from "./smolvm/guest.ts";

const PROGRAM = join(import.meta.dirname, "smolvm/main-child.ts");

/** A world with a FAKE smolvm of one version in it: what BOT_BOTTLE_SMOLVM and BOT_BOTTLE_IMAGE name. */
export interface SmolvmWorld {
  readonly folder: string;
  readonly program: string;
  readonly image: string;
  dispose(): void;
}

/** An image as `docker save` writes it, whose programs are those of this machine. */
function savedImage(config: Readonly<Record<string, unknown>> = {}): Buffer {
  const file = (path: string, content: string | Uint8Array) => ({ path, mode: 0o644, content: Buffer.from(content) });
  return guestArchive([
    file("/manifest.json", JSON.stringify([{ Config: "config.json", RepoTags: ["test:1"], Layers: ["layer.tar"] }])),
    file("/config.json", JSON.stringify({ architecture: process.arch, os: "linux", config })),
    file("/layer.tar", guestArchive([file(`/${HOST_PROGRAMS}`, "")])),
  ]);
}

/** Makes one; `env` is what its program keeps of the caller's environment, as the driver names its own. */
export function smolvmWorld(version: string, config: Readonly<Record<string, unknown>> = {}): SmolvmWorld {
  const folder = mkdtempSync(join(tmpdir(), "smolvm-"));
  chmodSync(folder, 0o755);
  const [program, image, home] = [join(folder, "smolvm"), join(folder, "image.tar"), join(folder, "home")];
  mkdirSync(home, { mode: 0o700 });
  const line = shellLine([process.execPath, ...NODE_FLAGS, "--no-warnings", PROGRAM]);
  writeFileSync(
    program,
    `#!/bin/sh\n# A fake smolvm for tests.\nexport STAND_IN_VERSION=${version} HOME=${home}\nunset XDG_DATA_HOME XDG_CACHE_HOME\nexec ${line} "$@"\n`,
    { mode: 0o755 },
  );
  writeFileSync(image, savedImage(config));
  return { folder, program, image, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

let used: SmolvmWorld | null = null;

/** The world of this process, which its environment names; one that a test has named already is shared. */
export function namedSmolvm(version: string): SmolvmWorld {
  if (used !== null) return used;
  const { BOT_BOTTLE_SMOLVM: program, BOT_BOTTLE_SMOLVM_IMAGE: image } = process.env;
  if (program !== undefined && image !== undefined) {
    const folder = dirname(image);
    used = { folder, program, image, dispose: () => {} };
    return used;
  }
  const world = smolvmWorld(version);
  process.env.BOT_BOTTLE_SMOLVM = world.program;
  process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
  process.once("exit", world.dispose);
  used = world;
  return world;
}
