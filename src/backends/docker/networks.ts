import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { networkArguments, type Side } from "./bundle-arguments.ts";
import { askEngine, callEngine, type Engine, engineError } from "./engine.ts";
import { machineName, type Ownership, ownFilters, readLabels } from "./labels.ts";

/** Makes one network. Rejects with CREATE_FAILED, with the mend when the engine has no subnet left. */
export async function makeNetwork(engine: Engine, side: Side, name: string, ownership: Ownership): Promise<void> {
  const args = networkArguments(side, name, ownership);
  const result = await askEngine(engine, args);
  if (result.code === 0) return;
  if (/non-overlapping IPv4 address pool/i.test(result.stderr.toString("latin1"))) {
    throw new BottleError("CREATE_FAILED", "the engine has no subnet left for another network", {
      hint: 'each bottle takes two; put smaller ones under "default-address-pools" into the engine\'s daemon.json, or stop bottles',
    });
  }
  throw engineError(result, args, "CREATE_FAILED");
}

/** How often a network is asked to go while the engine still takes leave of a container: 10 s in all. */
const TRIES = 50;

/** Removes a network once nothing is on it. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeNetwork(engine: Engine, name: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const args = ["network", "rm", name];
    const result = await askEngine(engine, args, { timeoutMs: 20_000 });
    if (result.code === 0) return;
    const words = result.stderr.toString("latin1");
    if (/No such network|not found/i.test(words)) return;
    if (tries === TRIES || !/active endpoints/i.test(words)) throw engineError(result, args, "TEARDOWN_INCOMPLETE");
    await delay(200);
  }
}

/** All networks of this machine and operator. */
export async function ownNetworks(
  engine: Engine,
  facts: HostFacts,
): Promise<readonly { readonly id: string; readonly ownership: Ownership }[]> {
  const filters = ownFilters({ owner: facts.uid, machine: machineName(), kind: "network" });
  const list = await callEngine(engine, ["network", "ls", "--no-trunc", "--quiet", ...filters], { timeoutMs: 20_000 });
  const ids = list.split("\n").filter((id) => /^[0-9a-f]{64}$/.test(id));
  const found = await Promise.all(ids.map((id) => inspect(engine, id)));
  return found.filter((network) => network !== null);
}

/** Null for one that has gone in the meantime. */
async function inspect(engine: Engine, id: string): Promise<{ id: string; ownership: Ownership } | null> {
  const args = ["network", "inspect", "--format", "{{json .Labels}}", id];
  const text = await callEngine(engine, args, { timeoutMs: 20_000 }).catch((error: unknown) => {
    if (/No such network|not found/i.test(String(error))) return null;
    throw error;
  });
  const ownership = text === null ? null : readLabels(JSON.parse(text) as Record<string, unknown>);
  return ownership === null ? null : { id, ownership };
}
