import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "../support/contender.ts";
import { CHAPTERS, CLAUSES } from "./chapters.ts";

/** `holds`: a run showed it. `exempt: why`: not promised. `fails: why`: promised, and known not to hold. */
export type Outcome = "holds" | `exempt: ${string}` | `fails: ${string}`;

/** What a run of the contract showed of one contender; kept in the repository, and what the parity table is made from. */
export interface Results {
  /** Kernel, engine and its version. */
  readonly on: string;
  readonly clauses: Readonly<Record<string, Outcome>>;
}

/** Begins the line on stdout in which a test file says what it showed. */
export const RESULTS_LINE = "contract-results ";

/** What one test file says of the clauses that it ran. */
export interface ShownResults extends Results {
  readonly column: string;
}

function resultsFile(column: string): string {
  return join(import.meta.dirname, "results", `${column.replace(/[^a-z0-9]+/g, "-")}.json`);
}

/** Null when nothing is on record yet. */
export function recordedResults(column: string): Results | null {
  try {
    return JSON.parse(readFileSync(resultsFile(column), "utf8")) as Results;
  } catch {
    return null;
  }
}

/** Writes the results of a column, in the order of the contract; what is no clause any more is dropped. */
export function recordResults(column: string, { on, clauses }: Results): void {
  const ordered = CLAUSES.flatMap(({ id }) => (clauses[id] === undefined ? [] : [[id, clauses[id]] as const]));
  writeFileSync(resultsFile(column), `${JSON.stringify({ on, clauses: Object.fromEntries(ordered) }, null, 2)}\n`);
}

/** Why a contender does not make each promise that it does not make, by clause. */
export function exemptions(contender: Contender): ReadonlyMap<string, string> {
  const confined = CHAPTERS.flatMap(({ confined, clauses }) => (confined ? clauses : []));
  const all = contender.unconfined === null ? [] : confined.map(({ id }) => [id, contender.unconfined ?? ""] as const);
  return new Map([...all, ...Object.entries(contender.exempt)]);
}

/**
 * Where a run and the record differ, in words: a clause that held and was not shown to any more, one that is new, one
 * that is gone, a reason that reads otherwise. `shown` holds what the run tried; what it could not try is not compared.
 */
export function differences(recorded: Results | null, shown: ReadonlyMap<string, Outcome>): readonly string[] {
  if (recorded === null) return ["nothing is on record"];
  const changed = [...shown].flatMap(([id, outcome]) => {
    const before = recorded.clauses[id];
    return before === outcome ? [] : [`${id}: on record "${before ?? "nothing"}", shown "${outcome}"`];
  });
  const gone = Object.keys(recorded.clauses).filter((id) => CLAUSES.every((clause) => clause.id !== id));
  return [...changed, ...gone.map((id) => `${id}: on record, and no clause`)];
}
