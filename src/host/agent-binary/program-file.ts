import { constants, open, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { AgentProgram } from "../../core/model/agent.ts";

/** e_machine of elf(5) by `process.arch`. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** True for a 64-bit little-endian ELF file of this architecture: what can be bound into a bottle alone. */
async function isProgram(path: string, arch: string): Promise<boolean> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const head = Buffer.alloc(20);
      if ((await file.read(head, 0, 20, 0)).bytesRead < 20) return false;
      return (
        head.readUInt32BE(0) === 0x7f454c46 &&
        head[4] === 2 &&
        head[5] === 1 &&
        head.readUInt16LE(18) === MACHINES[arch]
      );
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

/**
 * The machine code behind `path`: the file itself, or, for the launcher script of the npm package, the platform package
 * that npm put beside or below it. Null: there is none (an old version in JavaScript, an install without optional parts).
 */
export async function programBehind(path: string, program: AgentProgram, arch: string): Promise<string | null> {
  if (await isProgram(path, arch)) return path;
  const platform = program.npmPlatforms[arch];
  if (platform === undefined) return null;
  const [scope = "", name = ""] = platform.package.split("/");
  for (let folder = dirname(path), steps = 0; steps < 3; folder = dirname(folder), steps += 1) {
    if (join(basename(dirname(folder)), basename(folder)) !== program.npmPackage) continue;
    for (const beside of [join(folder, "..", name), join(folder, "node_modules", scope, name)]) {
      const found = await realpath(join(beside, platform.file)).catch(() => null);
      if (found !== null && (await isProgram(found, arch))) return found;
    }
  }
  return null;
}
