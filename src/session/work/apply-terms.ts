import { BottleError } from "../../core/model/errors.ts";
import type { RawPath } from "../../core/model/work.ts";
import { printable } from "../../core/wire/printable.ts";
import type { AppliedWork } from "../../state/work-files.ts";
import type { Consent } from "./consent.ts";
import type { Work } from "./selection.ts";

export interface ApplyRequest {
  /** `head`: commits onto what is checked out. `branch`: onto a branch, no file is touched. `patch`: all as uncommitted changes. */
  readonly mode: "head" | "branch" | "patch";
  /** For `branch`: its short name. */
  readonly branch: string | null;
  /** Another ref of the bottle than its HEAD. */
  readonly from: string | null;
  /** Chooses what lands, for `--interactive`; the answer is the work as it shall be. */
  readonly choose: ((work: Work) => Promise<Work>) | null;
  readonly consent: Consent;
  readonly dryRun: boolean;
}

/** What landed in one repository, or would. */
export interface AppliedRepository {
  readonly path: string;
  /** The agent's commits that were new, as they are now. */
  readonly commits: readonly string[];
  /** Files of the work tree that were written or went. */
  readonly files: readonly RawPath[];
  /** Id of the work. */
  readonly work: string;
  /** Where it is kept in the operator's repository; null for a plain folder. */
  readonly pin: string | null;
  /** Full name of the ref that has it now, or `HEAD` when detached; null when only files changed. */
  readonly ref: string | null;
  readonly notes: readonly string[];
}

/** The error for a branch name that git would not take. */
export function badBranch(branch: string): BottleError {
  return new BottleError("USAGE", `${printable(branch, 100)} cannot be the name of a branch`, {
    hint: "git help check-ref-format has the rules",
  });
}

/** Adds the time to what goes on record. */
export function withTime(applied: Omit<AppliedWork, "time">): AppliedWork {
  return { ...applied, time: new Date().toISOString() };
}
