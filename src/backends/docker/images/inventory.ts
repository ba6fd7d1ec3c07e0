import { BottleError } from "../../../core/model/errors.ts";
import type { ImageEntry, PrunableImage } from "../../image-store.ts";
import {
  BASE_LABEL,
  currentReference,
  INPUTS_LABEL,
  nameOf,
  OWNER,
  OWNER_LABEL,
  REFERENCE_LABEL,
  VERSION_LABEL,
} from "./recipe.ts";

/** What `docker image inspect` says of one image, as far as we read it. */
export interface EngineImage {
  readonly id: string;
  readonly references: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly bytes: number;
  readonly layers: readonly string[];
}

/** Only ours, finished or not; what extends ours is among them too, and told apart below. */
export const OWNED = `label=${OWNER_LABEL}=${OWNER}`;

/** The array that `docker image inspect` prints. Errors: HOST_UNFIT where it is something else. */
export function parseInspected(json: string): readonly EngineImage[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (!Array.isArray(parsed)) throw unreadable();
  return parsed.map((image: unknown) => {
    const id = field(image, "Id");
    const createdAt = field(image, "Created");
    if (typeof id !== "string" || !/^sha256:[0-9a-f]{64}$/.test(id)) throw unreadable();
    const size = field(image, "Size");
    return {
      id,
      references: strings(field(image, "RepoTags")),
      labels: texts(field(field(image, "Config"), "Labels")),
      createdAt: typeof createdAt === "string" ? createdAt : "",
      bytes: typeof size === "number" ? size : 0,
      layers: strings(field(field(image, "RootFS"), "Layers")),
    };
  });
}

/**
 * Our finished images, newest first. Ours is what has a content-addressed reference of ours that its own label repeats:
 * an image that extends one of ours inherits the label and lacks the reference. `used`: ids of those with containers.
 */
export function entriesOf(
  images: readonly EngineImage[],
  used: ReadonlySet<string>,
  repository: string,
): readonly ImageEntry[] {
  const entries = images.flatMap((image) => {
    const reference = image.labels[REFERENCE_LABEL] ?? "";
    const name = nameOf(reference, repository);
    if (name === null || !image.references.includes(reference)) return [];
    const { labels, id, createdAt, bytes, references } = image;
    return {
      reference,
      name,
      id,
      version: labels[VERSION_LABEL] ?? "",
      base: labels[BASE_LABEL] ?? "",
      createdAt,
      bytes,
      current: references.includes(currentReference(name, repository)),
      used: used.has(id),
    };
  });
  return entries.sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
}

/**
 * What an interrupted build left: layers with our first label, without the one that the engine puts on last, and without
 * a reference. Finished images of others that extend ours inherit the last one. Younger ones than `before` (ms since
 * 1970) may be of a build that still runs.
 */
export function layersLeft(images: readonly EngineImage[], before: number): readonly PrunableImage[] {
  return images
    .filter(({ createdAt }) => Date.parse(createdAt) < before)
    .filter(({ references, labels }) => references.length === 0 && labels[VERSION_LABEL] === undefined)
    .map(({ id, bytes }) => ({ reference: id, kind: "layer", bytes }));
}

/** True where `image` begins with every layer of `base`, and was made from this recipe. */
export function isBuiltFrom(image: EngineImage, base: EngineImage, inputs: string): boolean {
  return image.labels[INPUTS_LABEL] === inputs && base.layers.every((layer, index) => image.layers[index] === layer);
}

const unreadable = (cause?: unknown): BottleError =>
  new BottleError("HOST_UNFIT", "the container engine describes its images in a way that is not understood", {
    hint: "is `docker` on this machine the real one? docker image inspect shows what it says",
    ...(cause === undefined ? {} : { cause }),
  });

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, text]) => (typeof text === "string" ? [[key, text]] : [])),
  );
}
