import { createHash } from "node:crypto";
import { sliceBytes } from "./archive.ts";
import { type Content, contentOf, type Source, storedGzip } from "./content.ts";
import type { CheckedLayer } from "./layer-check.ts";

/** An image in the form in which a registry gives it out (OCI image manifest). */
export interface ServedImage {
  readonly manifest: Content;
  /** Config and layers. */
  readonly blobs: readonly Content[];
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

/** PURE: the manifest of an image whose config and layers these are. */
export function manifestOf(
  config: Pick<Content, "digest" | "size">,
  layers: readonly (Pick<Content, "digest" | "size"> & { readonly gzip: boolean })[],
): Buffer {
  const described = layers.map(({ digest, size, gzip }) => ({
    mediaType: gzip ? `${LAYER_TYPE}+gzip` : LAYER_TYPE,
    digest,
    size,
  }));
  const { digest, size } = config;
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest, size },
    layers: described,
  };
  return Buffer.from(JSON.stringify(manifest));
}

/** The image with this config and these layers, all of them in gzip. Rejects where a layer cannot be read. */
export async function servedImage(configBytes: Uint8Array, layers: readonly CheckedLayer[]): Promise<ServedImage> {
  const config = contentOf(configBytes);
  const blobs: Content[] = [];
  for (const layer of layers) blobs.push(await gzipped(layer));
  const manifest = manifestOf(
    config,
    blobs.map((blob) => ({ ...blob, gzip: true })),
  );
  return { manifest: contentOf(manifest), blobs: [config, ...blobs] };
}

async function gzipped({ layer: { slice, compression }, digest, crc }: CheckedLayer): Promise<Content> {
  const source: Source = { size: slice.size, read: (from, to) => sliceBytes(slice, from, to) };
  if (compression === "gzip") return { ...source, digest };
  const stored = storedGzip(source, crc);
  const hash = createHash("sha256");
  for await (const piece of stored.read(0, stored.size)) hash.update(piece);
  return { ...stored, digest: `sha256:${hash.digest("hex")}` };
}
