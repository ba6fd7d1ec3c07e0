/** One observation about this machine, made by `doctor` and before every start. */
export interface Finding {
  /** Stable id, e.g. `userns-blocked`. */
  readonly id: string;
  /** `error` means that a bottle cannot start. */
  readonly level: "ok" | "warning" | "error";
  /** What was seen, in one line. */
  readonly message: string;
  /** What to type to mend it. */
  readonly mend?: string;
  /** The Debian package that mends it, when one does. */
  readonly debianPackage?: string;
}

/** One thing wrong in a manifest. All are reported at once. */
export interface Problem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** JSON path such as `bottles.dev.egress.rules[0].host`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}
