import { streamed } from "../../host/streamed.ts";
import { askEngine, type Engine, engineCommand, engineError, engineHere } from "./engine.ts";

/** An image of the local engine, as it was when it was looked for. */
export interface EngineImage {
  readonly engine: Engine;
  readonly name: string;
  /** `sha256:...` */
  readonly id: string;
}

/** The image of this name, or null. Rejects with HOST_UNFIT where no engine can be asked. */
export async function findImage(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<EngineImage | null> {
  const engine = engineHere(env);
  const args = ["image", "inspect", "--format", "{{.Id}}", "--", name];
  const result = await askEngine(engine, args, { timeoutMs: 20_000 });
  const id = result.stdout.toString("latin1").trim();
  if (result.code === 0 && /^sha256:[0-9a-f]{64}$/.test(id)) return { engine, name, id };
  if (/No such image/i.test(result.stderr.toString("latin1"))) return null;
  throw engineError(result, args, "HOST_UNFIT");
}

/** What `docker image save` says of it, piece by piece. Rejects with IMAGE_FAILED, or BOTTLE_GONE after an abort. */
export async function saveImage(
  { engine, id }: EngineImage,
  each: (piece: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const args = ["image", "save", id];
  const { code, words } = await streamed(engineCommand(engine, args), each, signal);
  if (code !== 0) throw engineError({ code, stderr: Buffer.from(words), timedOut: false }, args, "IMAGE_FAILED");
}
