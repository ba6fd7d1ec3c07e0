import { statSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../../core/model/errors.ts";
import { ask, type Smolvm, smolvmError } from "../command-line.ts";
import { cached } from "../image-cache.ts";
import { type Release, releaseText } from "../versions.ts";
import { contentOf } from "./content.ts";
import { checkLayers } from "./layer-check.ts";
import { derivedConfig } from "./layout.ts";
import { openRegistry } from "./registry.ts";
import type { SavedImage } from "./saved-image.ts";
import { servedImage } from "./served-image.ts";

/** Of how packs are made; another one makes other entries of the cache. */
const RECIPE = "pack 1";
/** The program that smolvm puts before a pack; its pack lies beside, by this name. */
const STUB = "image";
const PACK = `${STUB}.smolmachine`;
/** smolvm itself gives a pull ten minutes. */
const PACK_MS = 30 * 60_000;
/** What smolvm gets to end its own throw-away machine, once nothing answers its pull any more. */
const GRACE_MS = 10_000;

/**
 * A pack of the image as it is for machines: begins as root and runs nothing of its own. Made once for each release of
 * smolvm: it pulls from a registry of ours that lives as long and has nothing else. Rejects with HOST_UNFIT,
 * STATE_UNUSABLE, CREATE_FAILED with smolvm's words, BOTTLE_GONE after an abort.
 */
export async function packOf(
  image: SavedImage,
  release: Release,
  smolvm: Smolvm,
  signal: AbortSignal = new AbortController().signal,
): Promise<string> {
  const config = derivedConfig(image.config);
  const make = async (folder: string) => {
    await using registry = await openRegistry(await servedImage(config, await checkLayers(image, signal)));
    const cut = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      registry.close().catch(() => undefined); // closed again at the end
      timer = setTimeout(() => cut.abort(), GRACE_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (signal.aborted) throw interrupted(signal);
      // Nothing of it is run on this machine, so nothing needs a signature.
      const args = ["pack", "create", "-I", registry.reference, "-o", join(folder, STUB), "--no-sign"];
      const result = await ask(smolvm, args, { timeoutMs: PACK_MS, signal: cut.signal });
      if (signal.aborted) throw interrupted(signal);
      if (result.code !== 0) throw failed(smolvmError(result, args, "CREATE_FAILED"));
      for (const name of [STUB, PACK]) {
        const made = statSync(join(folder, name), { throwIfNoEntry: false });
        if (!made?.isFile() || made.size === 0) throw failed(new BottleError("CREATE_FAILED", "smolvm made no pack"));
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  };
  const key = [RECIPE, releaseText(release), contentOf(config).digest];
  return join(await cached({ shelf: "packs", key, files: [STUB, PACK], make, signal }), PACK);
}

const interrupted = (signal: AbortSignal) =>
  new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)} while the image was packed`);

/** Known to fail for ordinary users where smolvm is installed for all (issues 865 and 872). */
function failed(error: BottleError): BottleError {
  const hint =
    "install smolvm 1.1.0 or newer, which needs no packs; or, as an ordinary user, an older one in your home";
  return error.hint === undefined
    ? new BottleError(error.code, error.message, { hint, facts: error.facts ?? {} })
    : error;
}
