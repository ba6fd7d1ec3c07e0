import { join } from "node:path";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { Json } from "../../core/model/plan.ts";
import { findTool } from "../../host/facts.ts";
import { isRunning } from "../../host/process-identity.ts";
import type { BottleShelf, Leftover } from "../backend.ts";
import { removeContainer } from "./cage.ts";
import { readStoredFolders } from "./elsewhere/stored-folders.ts";
import { type OwnVolume, ownVolumes, removeVolume } from "./elsewhere/volumes.ts";
import { callEngine, type Engine, engineHere } from "./engine.ts";
import { folderName, type Kind, machineName, type Ownership, ownFilters, readLabels } from "./labels.ts";
import { ownNetworks, removeNetwork } from "./networks.ts";

export const BACKEND = "docker";

interface Container {
  readonly id: string;
  readonly ownership: Ownership;
}

/**
 * Containers, networks and volumes of ours whose host process is gone; one that lives keeps its own, whichever state
 * folder it serves. Home and workspace of a bottle outlive it: its folder says where they are.
 */
export async function surveyEngine(
  facts: HostFacts,
  alive: ReadonlySet<string>,
  shelf?: BottleShelf,
): Promise<Leftover[]> {
  // Where it is not installed nothing can be left by it.
  if (findTool("docker") === null) return [];
  const engine = engineHere();
  const [containers, networks, volumes, kept] = await Promise.all([
    ownContainers(engine, facts),
    ownNetworks(engine, facts),
    ownVolumes(engine, facts, "volume"),
    shelf === undefined ? [] : lostVolumes(engine, facts, shelf),
  ]);
  const left = (kind: string, things: readonly Container[]) =>
    things.flatMap(({ id, ownership }): Leftover[] => {
      const { bottle, host } = ownership;
      if (bottle === undefined || alive.has(bottle) || isHeld(ownership)) return [];
      const detail = { kind: ownership.kind, host } as unknown as Json;
      return [{ backend: BACKEND, kind, id, bottle, detail }];
    });
  // A network goes when nothing is on it any more, a volume when nothing has it.
  return [...left("container", containers), ...left("network", networks), ...left("volume", [...volumes, ...kept])];
}

/** Home and workspace of bottles of this state folder that no bottle there names any more. */
async function lostVolumes(engine: Engine, facts: HostFacts, { folder, bottles }: BottleShelf): Promise<OwnVolume[]> {
  const all = await keptVolumes(engine, facts);
  if (all.length === 0) return [];
  const places = all.map(({ ownership: { bottle = "" } }) => join(folder, bottle));
  // After the engine was asked, and those of now as well: whoever makes a volume has written its name down before.
  const stored = [...bottles, ...places].map((place) => readStoredFolders(place)?.volumes ?? {});
  const named = new Set(stored.flatMap((volumes) => Object.values(volumes)));
  return all.filter(({ id, ownership: { bottle, state } }, index) => {
    return bottle !== undefined && state === folderName(places[index] ?? "") && !named.has(id);
  });
}

async function keptVolumes(engine: Engine, facts: HostFacts): Promise<OwnVolume[]> {
  return (await Promise.all([ownVolumes(engine, facts, "home"), ownVolumes(engine, facts, "workspace")])).flat();
}

/** Without a host process that can be read nobody says that it is gone. */
function isHeld({ host }: Ownership): boolean {
  return host === undefined || isRunning(host);
}

/** Is there a cage of a bottle of this name, whether its host process lives or not? */
export async function hasCage(bottle: string, facts: HostFacts): Promise<boolean> {
  if (findTool("docker") === null) return false;
  return (await ownContainers(engineHere(), facts, "cage")).some(({ ownership }) => ownership.bottle === bottle);
}

/** Removes one leftover of `surveyEngine`, after looking again. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeLeftover(leftover: Leftover, facts: HostFacts): Promise<void> {
  const engine = engineHere();
  const { things, gone } = ways(engine, facts)[leftover.kind] ?? NO_WAY;
  const now = (await things()).find(({ id }) => id === leftover.id);
  if (now === undefined || isHeld(now.ownership)) return;
  await gone(now.id);
}

interface Ways {
  readonly things: () => Promise<readonly Container[]>;
  readonly gone: (id: string) => Promise<void>;
}

const NO_WAY: Ways = { things: async () => [], gone: async () => undefined };

/** How leftovers of each kind are looked up and removed. */
const ways = (engine: Engine, facts: HostFacts): Readonly<Record<string, Ways>> => ({
  container: { things: () => ownContainers(engine, facts), gone: (id) => removeContainer(engine, id) },
  network: { things: () => ownNetworks(engine, facts), gone: (id) => removeNetwork(engine, id) },
  volume: {
    things: async () => [...(await ownVolumes(engine, facts, "volume")), ...(await keptVolumes(engine, facts))],
    gone: (id) => removeVolume(engine, id),
  },
});

/** All containers of this machine and operator, running or not. */
async function ownContainers(engine: Engine, facts: HostFacts, kind?: Kind): Promise<Container[]> {
  const filters = ownFilters({ owner: facts.uid, machine: machineName(), ...(kind !== undefined && { kind }) });
  const list = await callEngine(engine, ["ps", "--all", "--no-trunc", "--quiet", ...filters], { timeoutMs: 20_000 });
  const ids = list.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id));
  const found = await Promise.all(ids.map((id) => inspect(engine, id)));
  return found.filter((container) => container !== null);
}

/** Null for one that has gone in the meantime. */
async function inspect(engine: Engine, id: string): Promise<Container | null> {
  const args = ["container", "inspect", "--format", "{{json .Config.Labels}}", id];
  const text = await callEngine(engine, args, { timeoutMs: 20_000 }).catch((error: unknown) => {
    if (/No such container/i.test(String(error))) return null;
    throw error;
  });
  const ownership = text === null ? null : readLabels(JSON.parse(text) as Record<string, unknown>);
  return ownership === null ? null : { id, ownership };
}
