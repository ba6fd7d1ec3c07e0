import { statSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";

/** Names a saved image for every bottle that names none. */
const IMAGE_VARIABLE = "BOT_BOTTLE_SMOLVM_IMAGE";

/**
 * The saved image that machines are made from: what the manifest names, else what the environment does. Throws HOST_UNFIT
 * where there is none.
 */
export function findImage(
  named: string | null,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const path = named ?? env[IMAGE_VARIABLE] ?? "";
  if (path === "") throw unfit("no image is named for smolvm's machines");
  if (!path.startsWith("/")) throw unfit(`${path} is no saved image: smolvm cannot read the images of an engine`);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw unfit(`there is no saved image ${path}`);
  return path;
}

function unfit(message: string): BottleError {
  return new BottleError("HOST_UNFIT", message, {
    hint: `save the agent's with \`docker image save -o /absolute/path.tar IMAGE\`, and name that file with image or ${IMAGE_VARIABLE}`,
    facts: { finding: "image-missing" },
  });
}
