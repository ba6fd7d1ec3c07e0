import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { TAR_END, tarHeader, tarPadding } from "../../../core/wire/tar-writer.ts";
import { cached } from "../image-cache.ts";
import { sliceBytes } from "./archive.ts";
import { contentOf } from "./content.ts";
import { type CheckedLayer, checkLayers } from "./layer-check.ts";
import { derivedConfig, type ImageSettings, isRoot } from "./layout.ts";
import type { SavedImage } from "./saved-image.ts";
import { MANIFEST_TYPE, manifestOf } from "./served-image.ts";

/** Of how the file is written; another one makes other entries of the cache. */
const RECIPE = "derived 1";
const FILE = "image.tar";

/** Does the image begin as somebody whom no exec can leave for root? Pure. */
export function dropsRoot({ user }: ImageSettings): boolean {
  return !isRoot(user);
}

/** Does it run a program of its own when a machine of it starts? Pure. */
export function runsOwnProgram({ entrypoint, cmd }: ImageSettings): boolean {
  return entrypoint.length + cmd.length > 0;
}

/**
 * A saved image with the same layers that begins as root and runs nothing of its own, written once into the cache. Rejects
 * with HOST_UNFIT for damaged layers, STATE_UNUSABLE.
 */
export async function derivedImage(image: SavedImage, signal?: AbortSignal): Promise<string> {
  const config = derivedConfig(image.config);
  const make = async (folder: string) => {
    const layers = await checkLayers(image, signal);
    const to = createWriteStream(join(folder, FILE), { mode: 0o600 });
    await pipeline(archive(config, layers), to, { ...(signal !== undefined && { signal }) });
  };
  const key = [RECIPE, contentOf(config).digest];
  return join(await cached({ shelf: "derived", key, files: [FILE], make, signal }), FILE);
}

/** Both layouts in one archive, as today's engines write them: `manifest.json`, and the OCI image layout. */
async function* archive(configBytes: Buffer, layers: readonly CheckedLayer[]): AsyncGenerator<Uint8Array> {
  const config = contentOf(configBytes);
  const written = layers.map(({ digest, layer }) => ({
    digest,
    size: layer.slice.size,
    gzip: layer.compression === "gzip",
  }));
  const manifestBytes = manifestOf(config, written);
  const manifest = contentOf(manifestBytes);
  const { digest, size } = manifest;
  const index = { schemaVersion: 2, manifests: [{ mediaType: MANIFEST_TYPE, digest, size }] };
  const saved = [{ Config: memberOf(config), RepoTags: null, Layers: written.map(memberOf) }];

  const seen = new Set<string>();
  for (const [at, { layer }] of layers.entries()) {
    const one = written[at];
    // The same layer may stand in an image more than once.
    if (one === undefined || seen.has(one.digest)) continue;
    seen.add(one.digest);
    yield header(memberOf(one), one.size);
    yield* sliceBytes(layer.slice);
    yield tarPadding(one.size);
  }
  yield* member(memberOf(config), configBytes);
  yield* member(memberOf(manifest), manifestBytes);
  yield* member("oci-layout", Buffer.from(JSON.stringify({ imageLayoutVersion: "1.0.0" })));
  yield* member("index.json", Buffer.from(JSON.stringify(index)));
  yield* member("manifest.json", Buffer.from(JSON.stringify(saved)));
  yield TAR_END;
}

const memberOf = ({ digest }: { readonly digest: string }): string => `blobs/${digest.replace(":", "/")}`;
const header = (path: string, size: number) => tarHeader({ path, type: "file", size, mode: 0o644, mtime: 0 });

function* member(path: string, bytes: Buffer): Generator<Uint8Array> {
  yield header(path, bytes.length);
  yield bytes;
  yield tarPadding(bytes.length);
}
