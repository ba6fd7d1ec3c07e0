import type { Backend, ServicePlace } from "../../src/backends/backend.ts";
import type { HostFacts } from "../../src/core/model/host-facts.ts";
import type { BottlePlan } from "../../src/core/model/plan.ts";

/**
 * A backend as the contract meets it, in one of its ways to run: a column of docs/backends.md. All that may differ
 * between backends is said here as data; no clause asks for a name.
 */
export interface Contender {
  /** Heads its column and names the file of its results. */
  readonly column: string;
  readonly load: () => Promise<Backend>;
  /** Why nothing of it can run on this machine, or false. */
  readonly skip: () => string | false;
  /** What a plan needs beyond the usual to be of this way, e.g. its placement. */
  readonly plan?: (plan: BottlePlan, facts: HostFacts) => Partial<BottlePlan>;
  /** Clauses that it does not keep, by id, each with the reason; the parity table shows it. */
  readonly exempt: Readonly<Record<string, string>>;
  /** Null, or why commands are not confined: then no clause that tries to break out is run. */
  readonly unconfined: string | null;
  /**
   * Where gateway and friends run. In a sidecar they, and what they stand on, end with the session's undo steps and not
   * with `close` of the bottle alone.
   */
  readonly services: ServicePlace;
  /** Folders besides /tmp and /dev/shm that can be written inside, all of a bounded size, each with the reason. */
  readonly writable: Readonly<Record<string, string>>;
  /** How many more processes than planned the limit lets through, since it counts those that serve the bottle. */
  readonly spareProcesses: number;
  /** Makes the Nth call to the host or the engine fail, from now on until it is disposed of. */
  readonly interrupt: (nth: number) => Promise<Interruption>;
  /** Which of them are tried in a usual run, where each try takes seconds: each of so many; BOT_BOTTLE_CONTRACT=whole and what goes on record: all. */
  readonly stride?: number;
  /**
   * Everything that exists on this machine for a bottle of this name, one line each, found without the backend's own
   * code: processes, control groups, containers, networks, volumes.
   */
  readonly census: (bottle: string) => Promise<readonly string[]>;
  /** What the results were shown on: kernel, engine and its version. */
  readonly platform: () => Promise<string>;
  /** Where on this machine the files of a bottle's home are, given its folder; absent: in that folder. */
  readonly homeOf?: (folder: string) => string;
  /** Shown in a column of its own in docs/backends.md; a fake is not. */
  readonly shown: boolean;
}

export interface Interruption extends AsyncDisposable {
  /** What `create` has to be given to be interrupted. */
  readonly facts: Partial<HostFacts>;
  /** How many calls there were so far. */
  calls(): number;
}
