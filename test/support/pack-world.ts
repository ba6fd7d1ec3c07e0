import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Smolvm } from "../../src/backends/smolmachines/command-line.ts";
import { shellLine } from "../../src/core/wire/shell-words.ts";
import { NODE_FLAGS } from "./node-flags.ts";
import { type ImageParts, savedImage } from "./saved-image.ts";

const MAKER = join(import.meta.dirname, "pack-maker-child.ts");

/** A cache of its own, a saved image, and a program that makes packs. */
export interface PackWorld extends Disposable {
  readonly folder: string;
  /** What XDG_CACHE_HOME is meanwhile. */
  readonly cache: string;
  readonly image: string;
  smolvm(fault?: string): Smolvm;
  /** How often a pack was begun. */
  calls(): number;
  /** Names of what lies on a shelf of the cache. */
  shelf(name: string): readonly string[];
}

/** Makes one, and names its cache in this process's environment until the end. */
export function packWorld(parts: ImageParts = {}): PackWorld {
  const folder = mkdtempSync(join(tmpdir(), "packs-"));
  const [cache, image, program, log] = ["cache", "image.tar", "smolvm", "log"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  mkdirSync(cache, { mode: 0o700 });
  writeFileSync(image, savedImage(parts));
  writeFileSync(log, "");
  const line = shellLine([process.execPath, ...NODE_FLAGS, "--no-warnings", MAKER]);
  writeFileSync(program, `#!/bin/sh\nexec ${line} "$@"\n`);
  chmodSync(program, 0o755);
  const before = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = cache;
  return {
    folder,
    cache,
    image,
    smolvm: (fault = "") => ({ program, env: { PACK_MAKER_LOG: log, PACK_MAKER_FAULT: fault } }),
    calls: () => readFileSync(log).length,
    shelf: (name) => {
      try {
        return readdirSync(join(cache, "bot-bottle", "smolmachines", name));
      } catch {
        return [];
      }
    },
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
