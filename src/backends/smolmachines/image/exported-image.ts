import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../../core/model/errors.ts";
import { engineImages } from "../../docker.ts";
import { cached } from "../image-cache.ts";
import { SAVE_HINT } from "./image-error.ts";

/** An image of the local container engine, as it was when it was looked for. */
export type EngineImage = NonNullable<Awaited<ReturnType<typeof engineImages.find>>>;

const FILE = "image.tar";

/** Asks the engine for an image. Rejects with HOST_UNFIT: no engine answers, or it has none of this name. */
export async function findEngineImage(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EngineImage> {
  if (!/^[a-z0-9]/i.test(name)) throw unfit(`${name} is neither an absolute path nor the name of an image`);
  const image = await engineImages.find(name, env).catch((error: unknown) => {
    if (!(error instanceof BottleError)) throw error;
    throw unfit(
      `${name} is no absolute path of a saved image, and no engine can be asked for such an image: ${error.message}`,
    );
  });
  if (image === null) throw unfit(`the engine has no image ${name}`);
  return image;
}

/** The image in a file, saved by the engine once into the cache. Rejects with IMAGE_FAILED, STATE_UNUSABLE. */
export async function exportedImage(image: EngineImage, signal: AbortSignal = NEVER): Promise<string> {
  const make = async (folder: string) => {
    const file = openSync(join(folder, FILE), "wx", 0o600);
    try {
      // By its output: an engine of another package system may not write where our cache is.
      const each = (piece: Buffer) => {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      };
      await engineImages.save(image, each, signal);
    } finally {
      closeSync(file);
    }
  };
  return join(await cached({ shelf: "exported", key: [image.id], files: [FILE], make, signal }), FILE);
}

const NEVER = new AbortController().signal;

function unfit(message: string): BottleError {
  return new BottleError("HOST_UNFIT", message, { hint: SAVE_HINT, facts: { finding: "image-missing" } });
}
