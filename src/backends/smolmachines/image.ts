import { statSync } from "node:fs";
import { BottleError } from "../../core/model/errors.ts";
import type { Smolvm } from "./command-line.ts";
import { derivedImage, dropsRoot, runsOwnProgram } from "./image/derived-image.ts";
import { type EngineImage, exportedImage, findEngineImage } from "./image/exported-image.ts";
import { SAVE_HINT } from "./image/image-error.ts";
import { packOf } from "./image/packs.ts";
import { readSavedImage } from "./image/saved-image.ts";
import type { Manner } from "./manner.ts";
import type { Release } from "./versions.ts";

/** Names an image for every bottle that names none. */
const IMAGE_VARIABLE = "BOT_BOTTLE_SMOLVM_IMAGE";

/** What machines are made from, as the operator named it: a file that an engine saved, or an image of the local engine. */
export type NamedImage = { readonly kind: "file"; readonly path: string } | ({ readonly kind: "engine" } & EngineImage);

/**
 * What the manifest names, else what the environment does: an absolute path, or the name of an image of the Docker engine,
 * as it is now. Rejects with HOST_UNFIT where there is none.
 */
export async function findImage(
  named: string | null,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<NamedImage> {
  const name = named ?? env[IMAGE_VARIABLE] ?? "";
  if (name === "") throw unfit("no image is named for smolvm's machines");
  if (!name.startsWith("/")) return { kind: "engine", ...(await findEngineImage(name, env)) };
  if (statSync(name, { throwIfNoEntry: false })?.isFile() !== true) throw unfit(`there is no saved image ${name}`);
  return { kind: "file", path: name };
}

/** For a line of text. Pure. */
export function imageText(image: NamedImage): string {
  return image.kind === "file" ? `saved image ${image.path}` : `the engine's image ${image.name}`;
}

/**
 * Words of `machine create` that say what the machine is made from, once that is there: a file, where the release reads
 * them, else a pack. As smolvm sees it the image begins as root, since from 1.6.0 on no exec can become root otherwise, and
 * runs no program of its own: that would be root's, outside of all filters, beside the agent; and where execs join it, one
 * that ends would end them. The first time this takes as long as it
 * takes to read or pack the image; later ones find it in the cache. Rejects with HOST_UNFIT for an image that cannot be
 * used, IMAGE_FAILED, STATE_UNUSABLE, CREATE_FAILED, BOTTLE_GONE after an abort.
 */
export async function machineSource(
  manner: Pick<Manner, "source">,
  release: Release,
  smolvm: Smolvm,
  image: NamedImage,
  signal?: AbortSignal,
): Promise<{ readonly words: readonly string[] }> {
  const path = image.kind === "file" ? image.path : await exportedImage(image, signal);
  const saved = await readSavedImage(path, process.arch, signal);
  if (manner.source === "pack") return { words: ["--from", await packOf(saved, release, smolvm, signal)] };
  const rewritten = dropsRoot(saved.settings) || runsOwnProgram(saved.settings);
  return { words: ["--image", rewritten ? await derivedImage(saved, signal) : path] };
}

function unfit(message: string): BottleError {
  return new BottleError("HOST_UNFIT", message, {
    hint: `${SAVE_HINT}, with image or ${IMAGE_VARIABLE}`,
    facts: { finding: "image-missing" },
  });
}
