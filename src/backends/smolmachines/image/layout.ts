import { z } from "zod";
import { type JsonValue, parseStrictJson } from "../../../core/wire/strict-json.ts";

/** What a text of an image says, or half a sentence on what is wrong with it. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** An image of an archive: names of members of it. */
export interface ImagePlaces {
  /** As the engine calls it; may be empty. */
  readonly names: readonly string[];
  readonly config: Place;
  /** The lowest first. */
  readonly layers: readonly Place[];
}

export interface Place {
  readonly member: string;
  /** `sha256:...` of the member as it lies there; null: not said. */
  readonly digest: string | null;
  /** Bytes; null: not said. */
  readonly size: number | null;
}

/** A reference from an OCI index. */
export interface Reference extends Place {
  readonly kind: "index" | "manifest";
  readonly names: readonly string[];
}

/** What of an image's config matters here. */
export interface ImageSettings {
  /** As images say it: amd64, arm64. */
  readonly architecture: string;
  readonly os: string;
  /** Empty: root. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `sha256:...` of each layer when it is not compressed, the lowest first. */
  readonly diffIds: readonly string[];
}

/** No engine takes more. */
const MOST_LAYERS = 500;
const MOST_IMAGES = 1000;
const JSON_LIMITS = { depth: 32, values: 50_000, keys: 2000 };

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const words = z.array(z.string()).nullish();
const MANIFEST_JSON = z
  .array(
    z.object({
      Config: z.string().min(1),
      RepoTags: words,
      Layers: z.array(z.string().min(1)).max(MOST_LAYERS).nullish(),
    }),
  )
  .max(MOST_IMAGES);
const descriptor = z.object({
  mediaType: z.string().optional(),
  digest,
  size: z.int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.object({ os: z.string(), architecture: z.string() }).nullish(),
});
const INDEX = z.object({ schemaVersion: z.literal(2), manifests: z.array(descriptor).max(MOST_IMAGES) });
const MANIFEST = z.object({
  schemaVersion: z.literal(2),
  config: descriptor,
  layers: z.array(descriptor).max(MOST_LAYERS),
});
const CONFIG = z.object({
  architecture: z.string(),
  os: z.string(),
  config: z.object({ User: z.string().nullish(), Entrypoint: words, Cmd: words }).nullish(),
  rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(digest).max(MOST_LAYERS) }),
});

/** Reads `manifest.json` of what `docker image save` writes. Pure. */
export function readDockerManifest(bytes: Uint8Array): Reading<readonly ImagePlaces[]> {
  return read(bytes, MANIFEST_JSON, "manifest.json", (list) =>
    list.map(({ Config, RepoTags, Layers }) => ({
      names: RepoTags ?? [],
      config: placeOf(Config),
      layers: (Layers ?? []).map(placeOf),
    })),
  );
}

/** Reads an OCI index, as `index.json` is one; what signs or attests another image is left out. Pure. */
export function readIndex(bytes: Uint8Array): Reading<readonly Reference[]> {
  return read(bytes, INDEX, "an index of images", ({ manifests }) =>
    manifests
      .filter(({ annotations, platform }) => !annotations?.["vnd.docker.reference.type"] && platform?.os !== "unknown")
      .map((one) => ({
        ...blobOf(one),
        kind: /\.(?:index|manifest\.list)\.v\d\+json$/.test(one.mediaType ?? "") ? "index" : "manifest",
        names: Object.entries(one.annotations ?? {}).flatMap(([key, value]) =>
          key === "io.containerd.image.name" || key === "org.opencontainers.image.ref.name" ? [value] : [],
        ),
      })),
  );
}

/** Reads an OCI manifest, or one of Docker's that is of the same form. Pure. */
export function readManifest(bytes: Uint8Array, names: readonly string[]): Reading<ImagePlaces> {
  return read(bytes, MANIFEST, "a manifest", ({ config, layers }) => ({
    names,
    config: blobOf(config),
    layers: layers.map(blobOf),
  }));
}

/** Reads the config of an image. Pure. */
export function readConfig(bytes: Uint8Array): Reading<ImageSettings> {
  return read(bytes, CONFIG, "the image's config", ({ architecture, os, config, rootfs }) => ({
    architecture,
    os,
    user: config?.User ?? "",
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    diffIds: rootfs.diff_ids,
  }));
}

/** As whom an image begins: this is root. Pure. */
export function isRoot(user: string): boolean {
  return /^(?:root|0+)?(?::(?:root|0+)?)?$/.test(user);
}

/**
 * What a machine's image runs in place of its own program: nothing that ends. It is the first process where execs join it,
 * to which all orphans go; SIGCHLD is ignored, so that none stays a zombie, which would count against the agent's limit.
 */
export const IDLE: readonly string[] = ["/usr/bin/perl", "-e", "$SIG{CHLD} = 'IGNORE'; sleep while 1"];

/**
 * The config of the image that machines are made from: begins as root and runs nothing of its own; all else is kept. Pure.
 * Takes what `readConfig` takes.
 */
export function derivedConfig(bytes: Uint8Array): Buffer {
  const reading = parseStrictJson(bytes, JSON_LIMITS);
  if (!reading.ok || !isObject(reading.value)) throw new TypeError("a config that was not read before");
  const { config } = reading.value;
  const { Healthcheck: _, Volumes: __, ...kept } = config !== undefined && isObject(config) ? config : {};
  const own = { ...kept, User: "", Entrypoint: IDLE, Cmd: [] };
  return Buffer.from(JSON.stringify({ ...reading.value, config: own }));
}

const isObject = (value: JsonValue): value is { readonly [key: string]: JsonValue } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function read<S extends z.ZodType, T>(
  bytes: Uint8Array,
  schema: S,
  what: string,
  use: (value: z.infer<S>) => T,
): Reading<T> {
  const json = parseStrictJson(bytes, JSON_LIMITS);
  if (!json.ok) return { ok: false, problem: `${what} is not JSON: ${json.why}` };
  const parsed = schema.safeParse(json.value);
  if (parsed.success) return { ok: true, value: use(parsed.data) };
  const [issue] = parsed.error.issues;
  return { ok: false, problem: `${what}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not understood"}` };
}

/** A blob lies by its digest (OCI image layout). */
function blobOf({ digest, size }: z.infer<typeof descriptor>): Place {
  return { member: `blobs/${digest.replace(":", "/")}`, digest, size };
}

/** Some engines name members by their digest. */
function placeOf(member: string): Place {
  const hex = /^blobs\/sha256\/([0-9a-f]{64})$|^([0-9a-f]{64})\.json$/.exec(member);
  return { member, digest: hex === null ? null : `sha256:${hex[1] ?? hex[2]}`, size: null };
}
