import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { guestArchive } from "../../src/backends/guest-archive.ts";
import { TAR_END, tarHeader } from "../../src/core/wire/tar-writer.ts";

/**
 * `docker`: manifest.json and members by digest; `legacy`: of engines before 25, a folder for each layer; `oci`: index.json
 * alone; `both`: as today's Docker writes; `podman`: links beside.
 */
export type SavedLayout = "docker" | "legacy" | "oci" | "both" | "podman";

export interface ImageParts {
  readonly layout?: SavedLayout;
  /** Of the image's config: User, Entrypoint, ... */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Path and content of the files of each layer. */
  readonly layers?: readonly Readonly<Record<string, string>>[];
  readonly gzipLayers?: boolean;
  readonly architecture?: string;
  readonly tags?: readonly string[];
}

export const OWN_ARCHITECTURE = ({ x64: "amd64" } as Record<string, string>)[process.arch] ?? process.arch;

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const hexOf = (bytes: Uint8Array): string => digestOf(bytes).slice("sha256:".length);

/** Members of an archive by name; a text is a link there. */
type Members = Map<string, Uint8Array | string>;

/** An archive of these members, in their order. */
export function archiveOf(members: Iterable<readonly [string, Uint8Array | string]>): Buffer {
  const parts = [...members].map(([path, content]) =>
    typeof content === "string"
      ? tarHeader({ path, type: "link", size: 0, mode: 0o777, mtime: 0, target: content })
      : guestArchive([{ path, mode: 0o644, content }]).subarray(0, -TAR_END.length),
  );
  return Buffer.concat([...parts, TAR_END]);
}

/** What an image is made of, as a client of a registry would see it. */
export interface MadeImage {
  readonly config: Buffer;
  /** As they are when nothing is compressed. */
  readonly layers: readonly Buffer[];
  readonly members: Members;
}

/** Makes the parts of an image as an engine saves it. */
export function makeImage(parts: ImageParts = {}): MadeImage {
  const { layout = "both", gzipLayers = false, tags = ["test:1"], layers: wanted = [{ "etc/one": "1" }] } = parts;
  const layers = wanted.map((files) =>
    archiveOf(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
  );
  const config = json({
    architecture: parts.architecture ?? OWN_ARCHITECTURE,
    os: "linux",
    config: parts.config ?? {},
    rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
    history: layers.map((_, index) => ({ created_by: `step ${index}` })),
  });
  const lying = layers.map((layer) => (gzipLayers ? gzipSync(layer) : layer));
  const members: Members = new Map();
  const blob = (bytes: Uint8Array): string => {
    const name = `blobs/sha256/${hexOf(bytes)}`;
    members.set(name, bytes);
    return name;
  };
  if (layout === "legacy" || layout === "podman") {
    const names = lying.map((bytes, index) =>
      layout === "podman" ? `${hexOf(bytes)}.tar` : `${hexOf(json(index))}/layer.tar`,
    );
    for (const [index, bytes] of lying.entries()) members.set(names[index] ?? "", bytes);
    if (layout === "podman") {
      for (const [index, name] of names.entries()) members.set(`${hexOf(json(index))}/layer.tar`, `../${name}`);
    }
    members.set(`${hexOf(config)}.json`, config);
    const Layers = layout === "podman" ? names.map((_, index) => `${hexOf(json(index))}/layer.tar`) : names;
    members.set("manifest.json", json([{ Config: `${hexOf(config)}.json`, RepoTags: tags, Layers }]));
    return { config, layers, members };
  }
  const Layers = lying.map(blob);
  const Config = blob(config);
  if (layout !== "docker") {
    const type = `application/vnd.oci.image.layer.v1.tar${gzipLayers ? "+gzip" : ""}`;
    const manifest = json({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: described("application/vnd.oci.image.config.v1+json", config),
      layers: lying.map((bytes) => described(type, bytes)),
    });
    blob(manifest);
    members.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
    const annotations = { "io.containerd.image.name": tags[0] ?? "none" };
    const index = [{ ...described("application/vnd.oci.image.manifest.v1+json", manifest), annotations }];
    members.set("index.json", json({ schemaVersion: 2, manifests: index }));
  }
  if (layout !== "oci") members.set("manifest.json", json([{ Config, RepoTags: tags, Layers }]));
  return { config, layers, members };
}

/** The same as a file. */
export const savedImage = (parts: ImageParts = {}): Buffer => archiveOf(makeImage(parts).members);

/** Several images in one file. */
export function savedImages(...all: readonly ImageParts[]): Buffer {
  const members: Members = new Map();
  const list: unknown[] = [];
  for (const parts of all) {
    const made = makeImage({ ...parts, layout: "docker" });
    for (const [name, bytes] of made.members) {
      if (name === "manifest.json") list.push(...(JSON.parse(String(bytes)) as unknown[]));
      else members.set(name, bytes);
    }
  }
  members.set("manifest.json", json(list));
  return archiveOf(members);
}

const described = (mediaType: string, bytes: Uint8Array) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
});
