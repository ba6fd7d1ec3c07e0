import { WHOLE } from "../contract/whole.ts";
import { type Need, skipWithout } from "./needs.ts";
import { namedSmolvm } from "./smolvm.ts";

/** What suites that attack from inside have to know of a backend: data, so that no test asks for a name. */
export interface CageKind {
  readonly title: string;
  readonly backend: string;
  readonly needs: readonly Need[];
  /** Socket files that are there: ways to the gateway and nothing else. */
  readonly sockets: readonly string[];
}

const MACHINES: readonly Need[] = ["root", "bubblewrap", "perl", "python3"];
// Where its tests run it is named by the environment, as for an operator.
if (WHOLE && skipWithout(...MACHINES) === false) namedSmolvm("1.9.3");

export const CAGES: readonly CageKind[] = [
  { title: "bubblewrap", backend: "bubblewrap", needs: ["bubblewrap", "perl"], sockets: [] },
  { title: "docker, socket", backend: "docker", needs: ["docker-images", "perl"], sockets: ["/run/way/socket"] },
  // Its socket is mounted over a plain file, and find(1) takes it for that.
  // What the contract shows of these in each run is enough for most.
  ...(WHOLE ? [{ title: "a fake smolvm 1.9.3", backend: "smolmachines", needs: MACHINES, sockets: [] } as const] : []),
];
