import { createHash } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createGunzip } from "node:zlib";
import { sliceBytes } from "./archive.ts";
import { badImage } from "./image-error.ts";
import type { Layer, SavedImage } from "./saved-image.ts";

/** A layer that was read whole, and is what the image's config says. */
export interface CheckedLayer {
  readonly layer: Layer;
  /** `sha256:...` as it lies there. */
  readonly digest: string;
  /** CRC-32 (RFC 1952) as it lies there. */
  readonly crc: number;
}

/**
 * Reads all layers and compares them with their digests: those that the engine wrote beside them, and those in the config.
 * Rejects with HOST_UNFIT for a damaged one, or one in a compression that not every reader knows.
 */
export async function checkLayers(image: SavedImage, signal?: AbortSignal): Promise<readonly CheckedLayer[]> {
  const checked: CheckedLayer[] = [];
  // One after the other: the disk is what is slow.
  for (const layer of image.layers) checked.push(await checkLayer(image.path, layer, signal));
  return checked;
}

async function checkLayer(path: string, layer: Layer, signal: AbortSignal | undefined): Promise<CheckedLayer> {
  const { slice, compression, digest: said, diffId } = layer;
  if (compression === "zstd") {
    throw badImage(
      path,
      "its layers are compressed by zstd",
      "pull or build it with layers of gzip, and save it again",
    );
  }
  const outer = createHash("sha256");
  let crc = 0;
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const piece of sliceBytes(slice)) {
      outer.update(piece);
      crc = crc32(piece, crc);
      yield piece;
    }
  }
  const inner = createHash("sha256");
  const hashing = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      inner.update(piece);
      done();
    },
  });
  const options = signal === undefined ? {} : { signal };
  try {
    if (compression === "none") await pipeline(Readable.from(bytes()), hashing, options);
    else await pipeline(Readable.from(bytes()), createGunzip({ chunkSize: 1 << 18 }), hashing, options);
  } catch (error) {
    if (error instanceof Error && "code" in error && /^Z_/.test(String(error.code))) throw damaged(path, diffId);
    throw error;
  }
  const digest = `sha256:${outer.digest("hex")}`;
  if (`sha256:${inner.digest("hex")}` !== diffId || (said !== null && said !== digest)) throw damaged(path, diffId);
  return { layer, digest, crc };
}

const damaged = (path: string, diffId: string) => badImage(path, `its layer ${diffId.slice(0, 19)} is damaged`);
