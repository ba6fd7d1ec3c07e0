/** `IMAGE`: serves a saved image until its input ends, and prints the reference. */
import { checkLayers } from "../../../src/backends/smolmachines/image/layer-check.ts";
import { derivedConfig } from "../../../src/backends/smolmachines/image/layout.ts";
import { openRegistry } from "../../../src/backends/smolmachines/image/registry.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { servedImage } from "../../../src/backends/smolmachines/image/served-image.ts";

const image = await readSavedImage(process.argv[2] ?? "", process.arch);
const registry = await openRegistry(await servedImage(derivedConfig(image.config), await checkLayers(image)));
process.stdout.write(`${registry.reference}\n`);
process.stdin.resume().once("end", () => void registry.close());
