import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { relative } from "node:path";
import type { HostFacts } from "../../../core/model/host-facts.ts";
import { allOrNone } from "../../../host/cleanup.ts";
import type { WorkshopJob, WorkshopResult } from "../../backend.ts";
import { GUEST } from "../../guest.ts";
import { realFolder } from "../../mounts.ts";
import type { VolumeMount } from "../mount-words.ts";
import { ownershipOf, thingName } from "../ownership.ts";
import { runContainer } from "../workshop-container.ts";
import { type StoredFolders, storedFolder } from "./stored-folders.ts";
import { fetchVolume, fillVolume, type VolumeWork } from "./volume-contents.ts";
import { makeVolume, removeVolume } from "./volumes.ts";

type Folder = WorkshopJob["folders"][number];

/** A folder of this machine that travels to the engine for a job, and back if the job may write there. */
interface Carried extends Folder {
  readonly volume: string;
}

/**
 * Runs a workshop on an engine that does not see this machine's files. Folders that are volumes of the bottle are shown
 * as they are; the others travel there and back as tar streams, in volumes of their own that go with the job. Errors: as
 * of a workshop, and PROVISION_FAILED.
 */
export async function runElsewhere(
  job: WorkshopJob,
  { engine }: StoredFolders,
  facts: HostFacts,
): Promise<WorkshopResult> {
  const { bottle, signal, folders, agentFolder: _, ...rest } = job;
  const ownership = await ownershipOf("volume", bottle, facts, null);
  const token = randomBytes(4).toString("hex");
  const carried: Carried[] = [];
  const mounts = folders.map(({ host, guest, writable = false, temporary }, index): VolumeMount => {
    const real = realFolder(host);
    const volume = storedFolder(host)?.volume ?? null;
    if (volume !== null) return { volume, guest, writable };
    const own = thingName(ownership, `${token}.${index}`);
    carried.push({ host: real, guest, writable, volume: own, ...(temporary !== undefined && { temporary }) });
    return { volume: own, guest, writable };
  });
  const work: VolumeWork = { engine, facts, bottle, ...(signal !== undefined && { signal }) };
  const jobAsTold = { ...rest, bottle, mounts, ...(signal !== undefined && { signal }) };
  try {
    await allOrNone(
      carried.map(async (folder) => {
        await makeVolume(engine, folder.volume, ownership);
        if (needsFilling(folder, job)) await fillVolume(folder.volume, packing(folder, folders, job), work);
      }),
    );
    const result = await runContainer(jobAsTold, facts, engine);
    if (!result.timedOut && !signal?.aborted) {
      const back = carried.filter(({ writable, temporary }) => writable && temporary !== true);
      await allOrNone(back.map(({ volume, host }) => fetchVolume(volume, host, work)));
    }
    return result;
  } finally {
    await allOrNone(carried.map(({ volume }) => removeVolume(engine, volume)));
  }
}

/** A new volume is root's: the agent gets one by what fills it. */
function needsFilling({ host, writable }: Carried, job: WorkshopJob): boolean {
  return job.as === "agent" || !writable || readdirSync(host).length > 0;
}

/** What the agent is shown it can read, whoever wrote it here; what is shown by itself as well travels once. */
function packing({ host }: Carried, folders: readonly Folder[], { as }: WorkshopJob) {
  const without = folders
    .map((other) => relative(host, realFolder(other.host)))
    .filter((path) => path !== "" && !path.startsWith("..") && !path.startsWith("/"));
  return { folder: host, without, ...(as === "agent" && { owner: GUEST.uid }) };
}
