import { join } from "node:path";
import { after } from "node:test";
import { type SmolvmOptions, type SmolvmWorld, smolvmWorld } from "../smolvm.ts";

const NAMES = ["BOT_BOTTLE_SMOLVM", "BOT_BOTTLE_SMOLVM_IMAGE", "XDG_CACHE_HOME"] as const;

/**
 * For a test file that needs several: makes worlds with a FAKE smolvm, each of which this process's environment names from
 * then on, as an operator's would. After the file's tests they are gone, and the environment is as it was.
 */
export function namedWorlds(): (version: string, options?: SmolvmOptions) => SmolvmWorld {
  const before = NAMES.map((name) => process.env[name]);
  const worlds: SmolvmWorld[] = [];
  after(() => {
    for (const [index, name] of NAMES.entries()) {
      if (before[index] === undefined) delete process.env[name];
      else process.env[name] = before[index];
    }
    for (const world of worlds) world.dispose();
  });
  return (version, options) => {
    const world = smolvmWorld(version, {}, options);
    worlds.push(world);
    process.env.BOT_BOTTLE_SMOLVM = world.program;
    process.env.BOT_BOTTLE_SMOLVM_IMAGE = world.image;
    process.env.XDG_CACHE_HOME = join(world.folder, "cache");
    return world;
  };
}
