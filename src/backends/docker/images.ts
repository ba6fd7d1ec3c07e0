import type { Readable } from "node:stream";
import { BottleError } from "../../core/model/errors.ts";
import { nodeIdentities } from "../../host/packaged-node.ts";
import {
  type ImageBuildOptions,
  type ImageEntry,
  type ImageOrder,
  type ImageStore,
  type PrunableImage,
  SIDECAR,
} from "../image-store.ts";
import { askEngine, callEngine, type Engine, engineError, engineHere } from "./engine.ts";
import { contextTar } from "./images/context-tar.ts";
import { type EngineImage, entriesOf, isBuiltFrom, layersLeft, OWNED, parseInspected } from "./images/inventory.ts";
import { ownVersion } from "./images/own-code.ts";
import {
  buildArguments,
  contentReference,
  currentReference,
  INPUTS_LABEL,
  inputsOf,
  KIND_LABEL,
  labelledDockerfile,
  pinnedBase,
  REPOSITORY,
} from "./images/recipe.ts";
import { recipeOf } from "./images/recipes.ts";
import { lineReader } from "./images/talk.ts";

/** The longest that a build may take: what is left of one and older belongs to none that runs. */
const BUILD_MS = 60 * 60_000;
const PULL_MS = 30 * 60_000;

/** The images of the engine that the environment names. Throws HOST_UNFIT where docker is not installed. */
export const dockerImages = (env: Readonly<Record<string, string | undefined>>): ImageStore =>
  imageStore(engineHere(env));

/** The images of one engine below one name, which only tests change. */
export function imageStore(engine: Engine, repository = REPOSITORY): ImageStore {
  const place = { engine, repository };
  return {
    architecture: () => architecture(engine),
    build: (order, options) => build(place, order, options),
    list: () => list(place),
    prunable: (all, now) => prunable(place, all, now),
    remove: (image) => remove(place, image),
  };
}

interface Place {
  readonly engine: Engine;
  readonly repository: string;
}

/** What bottles are made from that name no image. */
export const USUAL_IMAGE = currentReference("claude", REPOSITORY);

/** Id of the newest image with an agent; null: none was built. */
export async function agentImage(engine: Engine): Promise<string | null> {
  const entries = entriesOf(await owned(engine), new Set(), REPOSITORY);
  return entries.find(({ name, current }) => current && name !== SIDECAR)?.id ?? null;
}

/**
 * Id of the newest sidecar that holds this very program: host and sidecar speak with each other, and an older one would
 * judge by older rules. Null: none was built, or only of another version.
 */
export async function sidecarImage(engine: Engine): Promise<string | null> {
  const own = nodeIdentities().map((identity) =>
    inputsOf(recipeOf({ name: SIDECAR, program: { path: "", identity } })),
  );
  const images = await owned(engine, `label=${KIND_LABEL}=sidecar`);
  const same = images.filter(({ labels }) => own.includes(labels[INPUTS_LABEL] ?? ""));
  return entriesOf(same, new Set(), REPOSITORY)[0]?.id ?? null;
}

async function architecture(engine: Engine): Promise<string> {
  const said = (await ask(engine, ["version", "--format", "{{.Server.Arch}}"])).trim();
  return { amd64: "x64", aarch64: "arm64" }[said] ?? said;
}

async function build(
  place: Place,
  order: ImageOrder,
  options: ImageBuildOptions,
): Promise<{ image: ImageEntry; built: boolean }> {
  const { engine, repository } = place;
  const recipe = recipeOf(order);
  const { name, kind } = recipe;
  const base = options.base ?? pinnedBase(recipe.dockerfile);
  if (base === null) throw failed(`images/${name}/Dockerfile pins no base`, "name one with --base");
  const begun = await baseImage(engine, base, options);
  const inputs = inputsOf(recipe);
  const epoch = options.fresh ? new Date().toISOString() : "";
  const reference = contentReference({ name, inputs, baseId: begun.id, epoch }, repository);

  const [known] = await inspect(engine, [reference]);
  if (known === undefined) {
    const { offline, fresh } = options;
    const labels = { reference, kind, inputs, baseId: begun.id, version: ownVersion() };
    const context = contextTar(recipe.files, labelledDockerfile(recipe, labels));
    const args = buildArguments({ reference, base, offline, fresh });
    await talked(engine, args, `building the image ${name}`, BUILD_MS, options, context);
  }
  const [made] = known === undefined ? await inspect(engine, [reference]) : [known];
  if (made === undefined || !isBuiltFrom(made, begun, inputs)) {
    await askEngine(engine, ["image", "rm", reference]);
    throw failed(`${base} changed while ${name} was built on it; nothing was kept`, "try again");
  }
  await ask(engine, ["image", "tag", reference, currentReference(name, repository)]);
  const [image] = await described(place, await inspect(engine, [reference]));
  if (image === undefined) throw failed(`${reference} was removed at once`, "does something else prune images here?");
  return { image, built: known === undefined };
}

/** The image that a build begins with: what the engine has, else fetched. */
async function baseImage(engine: Engine, base: string, options: ImageBuildOptions): Promise<EngineImage> {
  if (!/^[a-z0-9]/i.test(base)) throw new BottleError("USAGE", `${base} is no reference of an image`);
  const [here] = await inspect(engine, [base]);
  if (here !== undefined) return here;
  if (options.offline) {
    throw failed(`the engine does not have the base ${base}`, "leave --offline away, or name one it has with --base");
  }
  options.say(`fetching ${base}`);
  await talked(engine, ["image", "pull", base], `fetching the base ${base}`, PULL_MS, options);
  const [fetched] = await inspect(engine, [base]);
  if (fetched === undefined) throw failed(`${base} was fetched and is not there`, "try again");
  return fetched;
}

async function owned(engine: Engine, ...filters: readonly string[]): Promise<readonly EngineImage[]> {
  const words = [OWNED, ...filters].flatMap((filter) => ["--filter", filter]);
  return inspect(engine, await ids(engine, ["image", "ls", "--quiet", "--no-trunc", ...words]));
}

const list = async (place: Place): Promise<readonly ImageEntry[]> => described(place, await owned(place.engine));

async function described(
  { engine, repository }: Place,
  images: readonly EngineImage[],
): Promise<readonly ImageEntry[]> {
  const used = images.map(async ({ id }) => {
    // The filter finds containers of images that extend this one, too.
    const containers = await ids(engine, ["ps", "--all", "--quiet", "--filter", `ancestor=${id}`]);
    return containers.length > 0 ? [id] : [];
  });
  return entriesOf(images, new Set((await Promise.all(used)).flat()), repository);
}

async function prunable(place: Place, all: boolean, now: number): Promise<readonly PrunableImage[]> {
  const images = (await list(place)).filter(({ used, current }) => !used && (all || !current));
  return [
    ...images.map(({ reference, bytes }): PrunableImage => ({ reference, kind: "image", bytes })),
    ...layersLeft(await owned(place.engine), now - BUILD_MS),
  ];
}

/** Never by force: an image that a container uses stays. */
async function remove({ engine, repository }: Place, { reference }: PrunableImage): Promise<void> {
  const [known] = await inspect(engine, [reference]);
  if (known === undefined) return;
  const [entry] = entriesOf([known], new Set(), repository);
  for (const name of entry?.current ? [currentReference(entry.name, repository), reference] : [reference]) {
    const args = ["image", "rm", name];
    const result = await askEngine(engine, args);
    // Somebody else may have been first.
    if (result.code === 0 || (await inspect(engine, [name])).length === 0) continue;
    throw engineError(result, args, "IMAGE_FAILED");
  }
}

const ask = (engine: Engine, args: readonly string[]): Promise<string> =>
  callEngine(engine, args, { code: "IMAGE_FAILED" });

async function ids(engine: Engine, args: readonly string[]): Promise<readonly string[]> {
  return [...new Set((await ask(engine, args)).split("\n").filter((line) => line !== ""))];
}

/** Of those that exist, in the order asked for; another process may remove one meanwhile. */
async function inspect(engine: Engine, names: readonly string[]): Promise<readonly EngineImage[]> {
  if (names.length === 0) return [];
  const args = ["image", "inspect", ...names];
  const result = await askEngine(engine, args);
  // With some missing it prints the others, names those, and ends with 1.
  const words = result.stderr.toString("utf8").split("\n");
  const missing = result.code === 1 && words.every((line) => line === "" || /no such image/i.test(line));
  if (result.code !== 0 && !missing) throw engineError(result, args, "IMAGE_FAILED");
  return parseInspected(result.stdout.toString("utf8"));
}

/** A long call, whose output the operator sees line by line. */
async function talked(
  engine: Engine,
  args: readonly string[],
  what: string,
  timeoutMs: number,
  { say, signal }: ImageBuildOptions,
  stdin?: Readable,
): Promise<void> {
  const reader = lineReader(say);
  const torn = new AbortController();
  // A context that breaks off must not look like one that is complete: the call ends before its input does.
  stdin?.once("error", (error) => torn.abort(error));
  const result = await askEngine(engine, args, {
    ...(stdin === undefined ? {} : { stdin }),
    onStdout: reader.push,
    onStderr: reader.push,
    timeoutMs,
    signal: AbortSignal.any([signal, torn.signal]),
  });
  reader.end();
  stdin?.destroy();
  if (torn.signal.aborted) throw failed(`${what} failed: ${String(torn.signal.reason)}`, "try again");
  if (signal.aborted) throw failed(`interrupted while ${what}`, "nothing that looks usable was left");
  if (result.timedOut) throw failed(`${what} took more than ${timeoutMs / 60_000} minutes`, "is the network slow?");
  if (result.code !== 0) throw engineError({ ...result, stderr: Buffer.from(reader.last()) }, args, "IMAGE_FAILED");
}

const failed = (message: string, hint: string): BottleError => new BottleError("IMAGE_FAILED", message, { hint });
