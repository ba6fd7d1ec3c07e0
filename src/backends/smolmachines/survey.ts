import { BottleError } from "../../core/model/errors.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import type { Json } from "../../core/model/plan.ts";
import type { Leftover } from "../backend.ts";
import { isOurs, type Smolvm, smolvmIn } from "./command-line.ts";
import { deadDrafts, removeDraft } from "./image-cache.ts";
import { machineFolder, machineFolders, removeMachineFolder } from "./machine-folder.ts";
import { endMachine, isUp, listMachines, type Machine } from "./machines.ts";
import { isHeld, type Ownership, readMachineName } from "./names.ts";

export const BACKEND = "smolmachines";
/** An image or a pack whose maker was killed; of no bottle. */
const DRAFT = "unfinished image";

interface OwnMachine extends Machine {
  readonly ownership: Ownership;
}

/** Rejects with HOST_UNFIT, whatever keeps smolvm from telling: of other backends one may go on. */
async function ownMachines(smolvm: Smolvm): Promise<readonly OwnMachine[]> {
  const list = await listMachines(smolvm).catch((cause: unknown) => {
    if (!(cause instanceof BottleError)) throw cause;
    throw new BottleError("HOST_UNFIT", cause.message, { cause, hint: "run `bottle doctor`" });
  });
  return list.flatMap((machine) => {
    const ownership = readMachineName(machine.name);
    return ownership === null ? [] : [{ ...machine, ownership }];
  });
}

/** Null where nothing can be left by it: it is not installed, or what has its name is another product's. */
async function installed(): Promise<Smolvm | null> {
  const smolvm = smolvmIn(process.env);
  return smolvm !== null && (await isOurs(smolvm)) ? smolvm : null;
}

/** Machines of ours whose host process is gone, folders that they were shown, and images that were not finished. */
export async function surveyMachines(_facts: HostFacts, alive: ReadonlySet<string>): Promise<Leftover[]> {
  const smolvm = await installed();
  const machines = smolvm === null ? [] : await ownMachines(smolvm);
  const names = machines.map(({ name }) => name);
  const left = (kind: string, list: readonly string[]) =>
    list.flatMap((id): Leftover[] => {
      const ownership = readMachineName(id);
      if (ownership === null || alive.has(ownership.bottle) || isHeld(ownership)) return [];
      const detail = { kind: ownership.kind, host: ownership.host } as unknown as Json;
      return [{ backend: BACKEND, kind, id, bottle: ownership.bottle, detail }];
    });
  const drafts = (await deadDrafts()).map((id) => ({ backend: BACKEND, kind: DRAFT, id, bottle: "-", detail: null }));
  // The folder of a machine goes with the machine.
  return [
    ...drafts,
    ...left("machine", names),
    ...left(
      "folder",
      machineFolders().filter((name) => !names.includes(name)),
    ),
  ];
}

/** Is there a machine of a bottle of this name that runs, whether its host process lives or not? */
export async function hasMachine(bottle: string): Promise<boolean> {
  const smolvm = await installed();
  if (smolvm === null) return false;
  const own = await ownMachines(smolvm);
  return own.some(
    (machine) => machine.ownership.kind === "cage" && machine.ownership.bottle === bottle && isUp(machine),
  );
}

/** Removes one leftover of `surveyMachines`, after looking again. Idempotent. Rejects with TEARDOWN_INCOMPLETE. */
export async function removeLeftover(leftover: Leftover): Promise<void> {
  if (leftover.kind === DRAFT) return removeDraft(leftover.id);
  const ownership = readMachineName(leftover.id);
  if (ownership === null || isHeld(ownership)) return;
  const smolvm = await installed();
  if (smolvm !== null) await endMachine(smolvm, leftover.id);
  removeMachineFolder(machineFolder(leftover.id));
}
