import { BottleError } from "../../core/model/errors.ts";
import { askEngine, type Engine, engineError } from "./engine.ts";
import { agentImage, USUAL_IMAGE } from "./images.ts";

/** Names an image for every bottle that names none. */
const IMAGE_VARIABLE = "BOT_BOTTLE_IMAGE";

export interface Image {
  /** `sha256:...` */
  readonly id: string;
  /** As it was asked for. */
  readonly name: string;
}

/**
 * The image of this name as it is now. Rejects with HOST_UNFIT: not there (with the command that makes it), or declares
 * volumes, which would be places without a size that a bottle could write.
 */
export async function findImage(engine: Engine, name: string): Promise<Image> {
  const image = await lookUp(engine, name);
  if (image !== null) return image;
  throw new BottleError("HOST_UNFIT", `the engine has no image ${name}`, {
    hint: "bottle image build makes the agent's; another one is pulled or built by you",
    facts: { finding: "image-missing" },
  });
}

async function lookUp(engine: Engine, name: string): Promise<Image | null> {
  const args = ["image", "inspect", "--format", "{{.Id}} {{json .Config.Volumes}} {{.Os}}", "--", name];
  const result = await askEngine(engine, args, { timeoutMs: 20_000 });
  if (result.code !== 0) {
    if (/No such image/i.test(result.stderr.toString("latin1"))) return null;
    throw engineError(result, args, "HOST_UNFIT");
  }
  const [id = "", volumes = "null", system] = result.stdout.toString("utf8").trim().split(" ");
  if (volumes !== "null" && volumes !== "{}") {
    throw new BottleError("HOST_UNFIT", `the image ${name} declares volumes: ${volumes.slice(0, 200)}`, {
      hint: "build it without VOLUME: a bottle's only writable places are its home, its workspace and /tmp",
    });
  }
  if (system !== "linux") throw new BottleError("HOST_UNFIT", `the image ${name} is for ${system}, not for linux`);
  return { id, name };
}

/** The image for what names none. Rejects with HOST_UNFIT where there is none. */
export async function defaultImage(engine: Engine, env: Readonly<Record<string, string | undefined>>): Promise<Image> {
  const named = env[IMAGE_VARIABLE];
  if (named !== undefined && named !== "") return findImage(engine, named);
  return (await lookUp(engine, USUAL_IMAGE)) ?? findImage(engine, (await agentImage(engine)) ?? USUAL_IMAGE);
}
