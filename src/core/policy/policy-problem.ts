/** One thing wrong with a policy. */
export interface PolicyProblem {
  /** `rules[2].host`, `credentials[0].placeholder`. */
  readonly path: string;
  /** In a few words; never quotes a placeholder. */
  readonly message: string;
}
