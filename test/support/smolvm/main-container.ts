import { join } from "node:path";
import { type Agent, detached, of } from "./agent.ts";
import { at, base, inContainer, mannerOf, type Place, publish, recordOf, stays } from "./containers.ts";
import { whose } from "./identity.ts";
import { RuntimeError } from "./store.ts";
import { atLeast } from "./version-order.ts";
import { startFolder, variables, type Workload } from "./workload.ts";

/**
 * Begins the machine's main container, where its image or pack says what runs in it; `start` waits for it. A program that
 * is not there is an error, and the VM does not stay (src/cli/vm_common.rs v0.8.0 for packs, v0.8.1 for images).
 */
export async function startMain(version: string, workload: Workload, folder: string, vm: number): Promise<void> {
  const kind = workload.source?.kind ?? "saved";
  const given = workload.workload ?? [];
  const args = [...(workload.config.Entrypoint ?? []), ...(given.length > 0 ? given : (workload.config.Cmd ?? []))];
  if (args.length === 0 || (kind !== "pack" && !atLeast(version, "0.8.1"))) return;
  const one = mannerOf(version, true) === "one";
  const id = "smolvm-main";
  if (one) stays(folder);
  else publish(recordOf(folder), id);
  const place: Place = one ? { joins: vm } : { joins: null, id };
  const { user, home } = whose(version, workload, join(folder, "root"), false);
  const agent: Agent = {
    ...base(folder, vm),
    ...inContainer(version, workload),
    ...at(place),
    ...of({ user, cwd: startFolder(version, workload) }),
  };
  const code = await detached({ ...agent, window: 0 }, variables(version, workload, home, []), args);
  if (code !== 0)
    throw new RuntimeError(`agent operation failed: start machine: main container: ${args[0]} did not start`);
}
