import { createHash } from "node:crypto";

/** One file of a build context. */
export interface ContextFile {
  /** Relative to the context. */
  readonly path: string;
  readonly mode: number;
  /** The bytes, or a file of the host with a name for its content that stands for the bytes. */
  readonly content: Uint8Array | { readonly path: string; readonly identity: string };
}

/** All that decides what an image becomes, but for its base. */
export interface Recipe {
  readonly name: string;
  readonly kind: "agent" | "sidecar";
  readonly dockerfile: string;
  readonly files: readonly ContextFile[];
}

/**
 * Where all images of ours are; a user's Dockerfile says `FROM localhost/bot-bottle/claude`. Without a host before it the
 * name would be one of a public registry: where ours was not built, the engine would fetch what somebody put there.
 */
export const REPOSITORY = "localhost/bot-bottle";
/**
 * Labels of images. Containers inherit them, so they have a name space of their own: no container is taken for ours
 * because of its image. The first begins each Dockerfile of ours, so that unfinished builds carry it too.
 */
export const OWNER_LABEL = "bot-bottle.image.owner";
export const OWNER = "bot-bottle";
export const KIND_LABEL = "bot-bottle.image.kind";
export const BASE_LABEL = "bot-bottle.image.base";
export const INPUTS_LABEL = "bot-bottle.image.inputs";
/** The image's own reference. An image that extends ours inherits this label, and has another reference. */
export const REFERENCE_LABEL = "bot-bottle.image.reference";
/** With the others the last instruction of a build: what lacks it is not finished. */
export const VERSION_LABEL = "bot-bottle.image.version";

/** The image's name in a content-addressed reference of this repository, or null. */
export function nameOf(reference: string, repository: string): string | null {
  if (!reference.startsWith(`${repository}/`)) return null;
  return /^([a-z0-9][a-z0-9-]{0,40}):[0-9a-f]{20}$/.exec(reference.slice(repository.length + 1))?.[1] ?? null;
}

/** The reference that follows the newest build: what new bottles use and users extend. */
export const currentReference = (name: string, repository: string): string => `${repository}/${name}:latest`;

/** `repository:tag`, where the tag says all that went in: recipe, base and, of a build with newer packages, its time. */
export function contentReference(
  { name, inputs, baseId, epoch }: { name: string; inputs: string; baseId: string; epoch: string },
  repository: string,
): string {
  return `${repository}/${name}:${digest(["image", inputs, baseId, epoch]).slice(0, 20)}`;
}

/** Hex SHA-256 of Dockerfile and context. Files that the host names by identity are not read for it. */
export function inputsOf(recipe: Recipe): string {
  const files = recipe.files
    .map(({ path, mode, content }) => [
      path,
      mode.toString(8),
      content instanceof Uint8Array ? digest([content]) : `identity ${content.identity}`,
    ])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
  return digest(["inputs 1", recipe.name, recipe.dockerfile, ...files.flat()]);
}

/** The image that a Dockerfile begins with when nobody names another; null: it says none. */
export function pinnedBase(dockerfile: string): string | null {
  return /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1] ?? null;
}

/** What is written on an image: none of it is secret. */
export interface ImageLabels {
  readonly reference: string;
  readonly kind: Recipe["kind"];
  readonly inputs: string;
  readonly baseId: string;
  readonly version: string;
}

/**
 * PURE: the recipe's Dockerfile with one last instruction that labels the image. One instruction, and not `--label` for
 * each, since older engines start a container for every step.
 */
export function labelledDockerfile(recipe: Recipe, labels: ImageLabels): string {
  const words = Object.entries({
    [KIND_LABEL]: labels.kind,
    [REFERENCE_LABEL]: labels.reference,
    [INPUTS_LABEL]: labels.inputs,
    [BASE_LABEL]: labels.baseId,
    [VERSION_LABEL]: labels.version,
  }).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${recipe.dockerfile.trimEnd()}\nLABEL ${words.join(" ")}\n`;
}

/**
 * PURE: arguments of `docker build`, whose context comes as a tar on stdin. The engine gives the tag as the last step of
 * a build that succeeded, so that an interrupted one leaves none (parts.md row 32).
 */
export function buildArguments(build: {
  readonly reference: string;
  readonly base: string;
  readonly offline: boolean;
  readonly fresh: boolean;
}): readonly string[] {
  return [
    "build",
    "--force-rm",
    `--tag=${build.reference}`,
    `--build-arg=BASE=${build.base}`,
    ...(build.offline ? ["--network=none"] : []),
    ...(build.fresh ? ["--no-cache"] : []),
    "-",
  ];
}

/** Of parts that cannot run into each other: each goes in behind its length. */
function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}
