import type { Backend } from "../../src/backends/backend.ts";
import type { Contender } from "../support/contender.ts";
import type { Need } from "../support/needs.ts";
import type { TestBottle, TestBottleOptions } from "../support/test-bottle.ts";

/** What a clause is given to judge a backend by. */
export interface Given {
  readonly contender: Contender;
  readonly backend: Backend;
  /** The running bottle that the clauses of a chapter share; a clause leaves it running and its home tidy. */
  shared(): Promise<TestBottle>;
  /** A bottle of the clause's own; what is left of it is removed after the clause. */
  open(options?: TestBottleOptions): Promise<TestBottle>;
}

/** One promise about a bottle, and the test that shows it. */
export interface Clause {
  /** Its key in the results on record. */
  readonly id: string;
  /** The promise in words; parts and attack rows that it shows stand in front (`row 76: ...`). */
  readonly title: string;
  /** What the host must have for the test itself. */
  readonly needs?: readonly Need[];
  /** Against a hang only: two minutes, unless the clause makes many bottles. */
  readonly timeoutMs?: number;
  readonly run: (given: Given) => Promise<void>;
}

export interface Chapter {
  readonly title: string;
  /** Its clauses try to break out: they never run where commands are not confined. */
  readonly confined?: true;
  readonly clauses: readonly Clause[];
}
