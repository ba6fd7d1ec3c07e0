import { createHash } from "node:crypto";
import { type Archive, openArchive, readSlice, type Slice } from "./archive.ts";
import { badImage } from "./image-error.ts";
import {
  type ImagePlaces,
  type ImageSettings,
  type Place,
  type Reading,
  readConfig,
  readDockerManifest,
  readIndex,
  readManifest,
} from "./layout.ts";
import { plainFile } from "./plain-file.ts";

/** A layer as it lies in the file. */
export interface Layer {
  readonly slice: Slice;
  readonly compression: "none" | "gzip" | "zstd";
  /** `sha256:...` that it shall have as it lies there; null: not said. Not compared yet. */
  readonly digest: string | null;
  /** `sha256:...` that it shall have when it is not compressed. */
  readonly diffId: string;
}

/** An image that an engine saved to a file. */
export interface SavedImage {
  /** As it was named. */
  readonly path: string;
  /** The image's id: `sha256:...` of its config. */
  readonly id: string;
  readonly config: Buffer;
  readonly settings: ImageSettings;
  /** The lowest first. */
  readonly layers: readonly Layer[];
}

/** A config with a long history has some hundred KiB. */
const JSON_BYTES = 4 * 2 ** 20;
/** Indexes in indexes. */
const MOST_DEPTH = 3;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/**
 * Reads what `docker image save` or `podman save` wrote, plain or by gzip: Docker's layout, else the OCI one. `arch`: as
 * `process.arch`. Contents of layers are not looked at. Rejects with HOST_UNFIT: it is none, damaged, of another
 * architecture, or holds several images.
 */
export async function readSavedImage(path: string, arch: string, signal?: AbortSignal): Promise<SavedImage> {
  const archive = await openArchive(await plainFile(path, signal));
  const found = await imagesIn(archive, path);
  if (found.length === 0) throw badImage(path, "there is no image in it");
  const images = new Map<string, Described>();
  for (const places of found) {
    const image = await describe(archive, path, places);
    const known = images.get(image.id);
    images.set(image.id, { ...image, names: [...(known?.names ?? []), ...image.names] });
  }
  const wanted = ARCHITECTURES[arch] ?? arch;
  const all = [...images.values()];
  const fitting = all.filter(({ settings }) => settings.architecture === wanted && settings.os === "linux");
  const [first, second] = fitting;
  if (first === undefined) {
    const has = [...new Set(all.map(({ settings }) => `${settings.os}/${settings.architecture}`))].join(", ");
    const hint = `build or pull it for this machine: --platform linux/${wanted}`;
    throw badImage(path, `it is for ${has}, and this machine is linux/${wanted}`, hint);
  }
  if (second !== undefined) {
    const names = fitting.map((image) => image.names[0] ?? image.id.slice(0, 19)).join(", ");
    throw badImage(
      path,
      `it holds several images: ${names}`,
      "save one of them alone: docker image save -o FILE IMAGE",
    );
  }
  const layers = await layersOf(archive, path, first);
  return { path, id: first.id, config: first.config, settings: first.settings, layers };
}

interface Described {
  readonly id: string;
  readonly names: readonly string[];
  readonly config: Buffer;
  readonly settings: ImageSettings;
  readonly layers: readonly Place[];
}

async function imagesIn(archive: Archive, path: string): Promise<readonly ImagePlaces[]> {
  if (archive.has("manifest.json")) {
    return sound(path, readDockerManifest(await archive.read("manifest.json", JSON_BYTES)));
  }
  if (!archive.has("index.json")) throw badImage(path, "it has neither manifest.json nor index.json");
  return indexed(archive, path, await archive.read("index.json", JSON_BYTES), 1);
}

async function indexed(archive: Archive, path: string, bytes: Buffer, depth: number): Promise<readonly ImagePlaces[]> {
  if (depth > MOST_DEPTH) throw badImage(path, "its indexes lie in one another");
  const found: ImagePlaces[] = [];
  for (const reference of sound(path, readIndex(bytes))) {
    // Of an image for several architectures only some may have been saved.
    if (!archive.has(reference.member) && reference.kind === "manifest") continue;
    const inner = await whole(archive, path, reference);
    if (reference.kind === "index") found.push(...(await indexed(archive, path, inner, depth + 1)));
    else {
      const places = sound(path, readManifest(inner, reference.names));
      if (archive.has(places.config.member)) found.push(places);
    }
  }
  return found;
}

async function describe(archive: Archive, path: string, { names, config, layers }: ImagePlaces): Promise<Described> {
  const bytes = await whole(archive, path, config);
  const settings = sound(path, readConfig(bytes));
  if (layers.length !== settings.diffIds.length || layers.length === 0) {
    throw badImage(path, `its config names ${settings.diffIds.length} layers, and it has ${layers.length}`);
  }
  return { id: sha256(bytes), names, config: bytes, settings, layers };
}

function layersOf(archive: Archive, path: string, { layers, settings }: Described): Promise<readonly Layer[]> {
  return Promise.all(
    layers.map(async ({ member, digest, size }, index): Promise<Layer> => {
      const slice = archive.find(member);
      if (size !== null && slice.size !== size)
        throw badImage(path, `${member} in it has not the size that it shall have`);
      const head = await readSlice(slice, 0, Math.min(4, slice.size));
      const compression = head.subarray(0, 2).equals(GZIP) ? "gzip" : head.equals(ZSTD) ? "zstd" : "none";
      return { slice, compression, digest, diffId: settings.diffIds[index] ?? "" };
    }),
  );
}

/** A small member, which must be what its digest says. */
async function whole(archive: Archive, path: string, { member, digest, size }: Place): Promise<Buffer> {
  const bytes = await archive.read(member, JSON_BYTES);
  if ((size !== null && bytes.length !== size) || (digest !== null && sha256(bytes) !== digest)) {
    throw badImage(path, `${member} in it is damaged`);
  }
  return bytes;
}

function sound<T>(path: string, reading: Reading<T>): T {
  if (!reading.ok) throw badImage(path, reading.problem);
  return reading.value;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const sha256 = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
