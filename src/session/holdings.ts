import type { Backend } from "../backends/backend.ts";
import { BottleError } from "../core/model/errors.ts";
import { folderSize } from "../host/folder-size.ts";
import { listArchive } from "../state/archived-bottles.ts";
import { listAsides } from "../state/aside.ts";
import type { BottleState } from "../state/bottle-state.ts";
import { folderFiles } from "../state/folder-files.ts";
import { bottlePaths, pathsIn } from "../state/layout.ts";
import { type ListedBottle, listBottles, readBottle } from "../state/records.ts";
import { agentFolders, sizeOf } from "./bottle-size.ts";
import type { SessionContext } from "./context.ts";

/** All of one kind that one backend has on the disk. */
export interface Holding {
  /** Null: no backend's. */
  readonly backend: string | null;
  /** State of bottles, or what else it is. */
  readonly kind: BottleState | "unreadable" | "removal" | "archive" | "image" | "cache";
  readonly count: number;
  /** On the disk; what cannot be measured counts as nothing. */
  readonly bytes: number;
}

/**
 * What exists on this machine, by backend, with what it takes: bottles by their state, removals that were cut short, the
 * archive, images, caches. Folders of agents, and volumes of an engine elsewhere, are measured from inside throw-away
 * cages. A backend that does not answer has only what is known without it; its probe says so.
 */
export async function listHoldings(backends: readonly Backend[], context: SessionContext): Promise<readonly Holding[]> {
  const parts: Holding[] = [...(await bottles(backends, context)), ...(await removals(backends, context))];
  for (const { record, bytes } of await listArchive(context.layout)) {
    parts.push({ backend: record?.backend ?? null, kind: "archive", count: 1, bytes });
  }
  for (const backend of backends) parts.push(...(await images(backend, context)));
  const { bytes, files } = folderSize(context.layout.cache);
  if (files > 0) parts.push({ backend: null, kind: "cache", count: 1, bytes });
  return added(parts);
}

async function bottles(backends: readonly Backend[], context: SessionContext): Promise<readonly Holding[]> {
  const found: Holding[] = [];
  // One after the other: each takes a cage for every folder.
  for (const bottle of await listBottles(context.layout)) {
    const { record, state: kind } = bottle;
    found.push({ backend: record?.backend ?? null, kind, count: 1, bytes: await bytesOf(bottle, backends, context) });
  }
  return found;
}

async function bytesOf(
  { name, record }: ListedBottle,
  backends: readonly Backend[],
  { layout, facts }: SessionContext,
): Promise<number> {
  const backend = backends.find((candidate) => candidate.name === record?.backend);
  const own = (await folderFiles(layout, name)).reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return own + (backend === undefined ? 0 : await sizeOf(agentFolders(bottlePaths(layout, name)), backend, facts));
}

async function removals(backends: readonly Backend[], { layout, facts }: SessionContext): Promise<readonly Holding[]> {
  const found: Holding[] = [];
  for (const { folder, name } of await listAsides(layout)) {
    const { record } = await readBottle(folder, name);
    const backend = backends.find((candidate) => candidate.name === record?.backend) ?? backends[0];
    const bytes = backend === undefined ? 0 : await sizeOf(agentFolders(pathsIn(folder)), backend, facts);
    found.push({ backend: record?.backend ?? null, kind: "removal", count: 1, bytes });
  }
  return found;
}

async function images({ name, images }: Backend, { env }: SessionContext): Promise<readonly Holding[]> {
  try {
    const entries = (await (await images?.(env))?.list()) ?? [];
    return entries.map(({ bytes }) => ({ backend: name, kind: "image", count: 1, bytes }));
  } catch (error) {
    if (error instanceof BottleError && error.code === "HOST_UNFIT") return [];
    throw error;
  }
}

/** One line for each kind of each backend, in the order in which they came. */
function added(parts: readonly Holding[]): readonly Holding[] {
  const sums = new Map<string, Holding>();
  for (const part of parts) {
    const key = `${part.backend ?? ""} ${part.kind}`;
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? part : { ...sum, count: sum.count + part.count, bytes: sum.bytes + part.bytes });
  }
  return [...sums.values()].sort((a, b) => (a.backend ?? "~").localeCompare(b.backend ?? "~"));
}
