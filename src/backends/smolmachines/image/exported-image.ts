import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { BottleError } from "../../../core/model/errors.ts";
import { streamed } from "../../../host/streamed.ts";
import { askEngine, type Engine, engineCommand, engineError, engineHere } from "../../docker/engine.ts";
import { cached } from "./cache.ts";
import { SAVE_HINT } from "./image-error.ts";

/** An image of the local container engine, as it was when it was looked for. */
export interface EngineImage {
  readonly engine: Engine;
  readonly name: string;
  /** `sha256:...` */
  readonly id: string;
}

const FILE = "image.tar";

/** Asks the engine for an image. Rejects with HOST_UNFIT: no engine answers, or it has none of this name. */
export async function findEngineImage(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EngineImage> {
  if (!/^[a-z0-9]/i.test(name)) throw unfit(`${name} is neither an absolute path nor the name of an image`);
  let engine: Engine;
  try {
    engine = engineHere(env);
  } catch (error) {
    if (!(error instanceof BottleError)) throw error;
    throw unfit(`${name} is no absolute path of a saved image, and there is no engine to ask for an image ${name}`);
  }
  const args = ["image", "inspect", "--format", "{{.Id}}", "--", name];
  const result = await askEngine(engine, args, { timeoutMs: 20_000 });
  const id = result.stdout.toString("latin1").trim();
  if (result.code === 0 && /^sha256:[0-9a-f]{64}$/.test(id)) return { engine, name, id };
  if (/No such image/i.test(result.stderr.toString("latin1"))) throw unfit(`the engine has no image ${name}`);
  const { message } = engineError(result, args, "HOST_UNFIT");
  throw unfit(`${name} is no absolute path of a saved image, and the engine cannot be asked for it: ${message}`);
}

/** The image in a file, saved by the engine once into the cache. Rejects with IMAGE_FAILED, STATE_UNUSABLE. */
export async function exportedImage({ engine, id }: EngineImage, signal?: AbortSignal): Promise<string> {
  const make = async (folder: string) => {
    const args = ["image", "save", id];
    const file = openSync(join(folder, FILE), "wx", 0o600);
    try {
      // By stdout: an engine of another package system may not write where our cache is.
      const each = (piece: Buffer) => {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      };
      const { code, words } = await streamed(engineCommand(engine, args), each, signal ?? NEVER);
      if (code !== 0) throw engineError({ code, stderr: Buffer.from(words), timedOut: false }, args, "IMAGE_FAILED");
    } finally {
      closeSync(file);
    }
  };
  return join(await cached({ shelf: "exported", key: [id], files: [FILE], make, signal }), FILE);
}

const NEVER = new AbortController().signal;

function unfit(message: string): BottleError {
  return new BottleError("HOST_UNFIT", message, { hint: SAVE_HINT, facts: { finding: "image-missing" } });
}
