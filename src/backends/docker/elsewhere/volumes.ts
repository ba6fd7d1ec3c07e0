import { setTimeout as delay } from "node:timers/promises";
import type { HostFacts } from "../../../core/model/host-facts.ts";
import { askEngine, callEngine, type Engine, engineError } from "../engine.ts";
import { type Kind, labelArguments, machineName, type Ownership, ownFilters, readLabels } from "../labels.ts";

const CALL_MS = 20_000;
/** How often a volume is asked to go while the engine still takes leave of a container: 10 s in all. */
const TRIES = 50;

/** Makes an empty volume; one of this name that is there stays as it is. Rejects with CREATE_FAILED. */
export async function makeVolume(engine: Engine, name: string, ownership: Ownership): Promise<void> {
  await callEngine(engine, ["volume", "create", ...labelArguments(ownership), name], { timeoutMs: CALL_MS });
}

/** Is a volume of this name there, and of this kind of ours? Rejects with HOST_UNFIT. */
export async function hasVolume(engine: Engine, name: string, kind: Kind): Promise<boolean> {
  return (await inspect(engine, name))?.ownership.kind === kind;
}

/** Removes a volume once no container has it. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const args = ["volume", "rm", name];
    const result = await askEngine(engine, args, { timeoutMs: CALL_MS });
    if (result.code === 0) return;
    const words = result.stderr.toString("latin1");
    if (/No such volume/i.test(words)) return;
    if (tries === TRIES || !/volume is in use/i.test(words)) throw engineError(result, args, "TEARDOWN_INCOMPLETE");
    await delay(200);
  }
}

export interface OwnVolume {
  /** Its name: a volume has no other id. */
  readonly id: string;
  readonly ownership: Ownership;
}

/** All volumes of this machine and operator of a kind. */
export async function ownVolumes(engine: Engine, facts: HostFacts, kind: Kind): Promise<readonly OwnVolume[]> {
  const filters = ownFilters({ owner: facts.uid, machine: machineName(), kind });
  const list = await callEngine(engine, ["volume", "ls", "--quiet", ...filters], { timeoutMs: CALL_MS });
  const names = list.split("\n").filter((name) => name !== "");
  const found = await Promise.all(names.map((name) => inspect(engine, name)));
  return found.filter((volume) => volume !== null);
}

/** Null for one that is not there, or none of ours. */
async function inspect(engine: Engine, name: string): Promise<OwnVolume | null> {
  const args = ["volume", "inspect", "--format", "{{json .Labels}}", name];
  const result = await askEngine(engine, args, { timeoutMs: CALL_MS });
  if (result.code !== 0) {
    if (/No such volume/i.test(result.stderr.toString("latin1"))) return null;
    throw engineError(result, args, "CREATE_FAILED");
  }
  const labels = JSON.parse(result.stdout.toString("utf8")) as Record<string, unknown> | null;
  const ownership = readLabels(labels ?? {});
  return ownership === null ? null : { id: name, ownership };
}
