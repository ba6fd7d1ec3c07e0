import { createHash, randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HostFacts } from "../../../core/model/host-facts.ts";
import { writeFileAtomically } from "../../../host/files.ts";
import type { BottleFolders } from "../../backend.ts";
import { removeContainer } from "../cage.ts";
import { askEngine, type Engine, engineError } from "../engine.ts";
import { labelArguments } from "../labels.ts";
import { mountArguments } from "../mount-words.ts";
import { ownershipOf, thingName } from "../ownership.ts";

/** Does the engine show its containers the files of this machine? */
export type Sight = "here" | "elsewhere";

/** What an engine says of a folder that it does not see (20.10 to 28, and Docker Desktop). */
const UNSEEN = /bind source path does not exist|invalid mount config for type "bind"|mounts denied|is not shared/i;

/**
 * Has the engine make a container, which never starts, with a folder whose name no other machine has. Neither address
 * nor product would tell: a socket may be forwarded, and Docker Desktop shares some folders and others not.
 */
export async function trySight(
  engine: Engine,
  folders: readonly string[],
  image: string,
  bottle: string,
  facts: HostFacts,
): Promise<Sight> {
  const ownership = await ownershipOf("workshop", bottle, facts, null);
  const name = thingName(ownership, randomBytes(4).toString("hex"));
  const shown = folders.map((host, index) => ({ host, guest: `/seen/${index}` }));
  const args = ["container", "create", "--name", name, ...labelArguments(ownership), "--network", "none"];
  const result = await askEngine(engine, [...args, ...mountArguments(shown), image, "/bin/true"]);
  // Whatever was said: it may have been made.
  await removeContainer(engine, name);
  if (result.code === 0) return "here";
  if (UNSEEN.test(result.stderr.toString("latin1"))) return "elsewhere";
  throw engineError(result, args, "CREATE_FAILED");
}

/** What was found out about an engine since this machine started, kept beside the run folders of bottles. */
export class SightMemory {
  readonly #path: string;
  /** The bottle's own run folder, which is removed whole: a write that is killed leaves nothing among the others'. */
  readonly #run: string;

  /** `engine` is all that tells it from others: not every one has an id. */
  constructor({ home, run }: BottleFolders, engine: readonly string[]) {
    // Other state folders may be seen where this one is not.
    const key = createHash("sha256")
      .update([...engine, dirname(dirname(home))].join("\0"))
      .digest("hex");
    this.#run = run;
    this.#path = join(dirname(run), `engine-${key.slice(0, 16)}`);
  }

  recall(): Sight | null {
    try {
      const word = readFileSync(this.#path, "utf8").trim();
      return word === "here" || word === "elsewhere" ? word : null;
    } catch {
      return null;
    }
  }

  async keep(sight: Sight): Promise<void> {
    await writeFileAtomically(this.#path, `${sight}\n`, 0o600, this.#run);
  }

  /** For when it turned out to be wrong. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }
}
