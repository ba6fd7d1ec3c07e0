import { dirname } from "node:path";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { version } from "../../host/own-version.ts";
import { ownIdentity } from "../../host/process-identity.ts";
import type { BottleFolders } from "../backend.ts";
import { folderName, type Kind, machineName, type Ownership } from "./labels.ts";

/** The labels of what this process makes for a bottle. */
export async function ownershipOf(
  kind: Kind,
  bottle: string,
  facts: HostFacts,
  folders: BottleFolders | null,
): Promise<Ownership> {
  return {
    kind,
    bottle,
    owner: facts.uid,
    machine: machineName(),
    host: ownIdentity(),
    version: await version(),
    ...(folders !== null && { state: folderName(dirname(folders.home)) }),
  };
}

/** Name of a container or network: says whose it is to a person; what counts are the labels. */
export function thingName({ kind, bottle, host }: Ownership, more = ""): string {
  const owner = host === undefined ? "" : `.${host.pid}-${host.startTime}`;
  return `bot-bottle-${kind}-${bottle ?? "all"}${owner}${more === "" ? "" : `.${more}`}`;
}
