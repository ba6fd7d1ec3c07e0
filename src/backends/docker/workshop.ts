import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { WorkshopJob, WorkshopResult } from "../backend.ts";
import { GUEST } from "../guest.ts";
import { realFolder } from "../mounts.ts";
import { briefing } from "./briefing.ts";
import { storedFolder } from "./elsewhere/stored-folders.ts";
import { type Engine, engineHere } from "./engine.ts";
import { chownFolders, givesItself } from "./identity.ts";
import type { BindMount } from "./mount-words.ts";
import { runContainer } from "./workshop-container.ts";

/**
 * Runs a fixed script of ours in a throw-away container: the image's programs, no network, nothing of the bottle but the
 * folders that the job names (attack rows 139, 143, 145). A container and not a cage of another kind, since the files are
 * of ids that only the engine gives an ordinary user. Errors: STATE_UNUSABLE for what is no folder, HOST_UNFIT.
 */
export async function runWorkshop(job: WorkshopJob, facts: HostFacts): Promise<WorkshopResult> {
  const stored = job.folders.map(({ host }) => storedFolder(host)).find((found) => found !== null);
  if (stored !== undefined) return (await import("./elsewhere/carried-job.ts")).runElsewhere(job, stored.stored, facts);
  const engine = engineHere();
  if (job.as === "agent") {
    await giveFolders(
      job.folders.flatMap(({ host, writable }) => (writable ? [realFolder(host)] : [])),
      job.bottle,
      facts,
      engine,
    );
  }
  return runContainer({ ...job, mounts: bound(job) }, facts, engine);
}

const bound = ({ folders }: Pick<WorkshopJob, "folders">): BindMount[] =>
  folders.map(({ host, guest, writable }) => ({ host: realFolder(host), guest, writable: writable === true }));

/**
 * Gives folders of a bottle, still empty or the agent's already, to the agent. An ordinary user of another uid may not
 * give files away; the engine does it.
 */
export async function giveFolders(
  folders: readonly string[],
  bottle: string,
  facts: HostFacts,
  engine: Engine,
): Promise<void> {
  if (folders.length === 0) return;
  const way = givesItself(facts, (await briefing(engine)).about);
  if (way === "own") return;
  if (way === "chown") return chownFolders(folders);
  const job: WorkshopJob = {
    bottle,
    script: `exec chown ${GUEST.uid}:${GUEST.uid} "$@"`,
    args: folders.map((_, index) => `/given/${index}`),
    folders: folders.map((host, index) => ({ host, guest: `/given/${index}`, writable: true })),
    agentFolder: folders[0] ?? "",
    as: "owner",
  };
  const { code, words } = await runContainer({ ...job, mounts: bound(job) }, facts, engine);
  if (code !== 0) {
    throw new BottleError("CREATE_FAILED", `the agent could not be given its folders: ${words.trim().slice(0, 300)}`);
  }
}
