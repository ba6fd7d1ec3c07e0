/**
 * One attack. What shows that it fails is not said here: the titles of tests name the row. Where no test does, or where
 * tests show a part only, one of the three reasons says so.
 */
export interface AttackRow {
  readonly row: number;
  readonly attack: string;
  readonly must: string;
  /** Tests show a part; this is what they do not. */
  readonly partial?: string;
  /** No test shows anything; this is why. */
  readonly open?: string;
  /** Not defended against, for this reason. */
  readonly outOfScope?: string;
}

export interface AttackSection {
  readonly title: string;
  readonly rows: readonly AttackRow[];
}
