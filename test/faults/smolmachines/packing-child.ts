/** `SMOLVM IMAGE`: makes a pack of a saved image for smolvm 1.0.2, and prints where it is. */
import { packOf } from "../../../src/backends/smolmachines/image/packs.ts";
import { readSavedImage } from "../../../src/backends/smolmachines/image/saved-image.ts";
import { BottleError } from "../../../src/core/model/errors.ts";

const [program = "", image = ""] = process.argv.slice(2);
const { PACK_MAKER_LOG = "", PACK_MAKER_FAULT = "" } = process.env;
try {
  const smolvm = { program, env: { PACK_MAKER_LOG, PACK_MAKER_FAULT } };
  process.stdout.write(await packOf(await readSavedImage(image, process.arch), [1, 0, 2], smolvm));
} catch (error) {
  process.stderr.write(error instanceof BottleError ? `${error.code} ${error.message}` : String(error));
  process.exitCode = 1;
}
