import type { Theme } from "./model.ts";
import type { OwnProgram } from "./own-command.ts";

/** What of the process and its signals a dashboard needs. */
export interface DashboardHost {
  readonly own: OwnProgram;
  readonly readOnly: boolean;
  /** `none`: NO_COLOR; null: as it was kept. */
  readonly theme: Theme | null;
  /** Talk goes there until the screen is down. */
  readonly divert: (sink: (line: string) => void) => void;
  /** From here on Ctrl-C, Ctrl-\ and Ctrl-Z are another program's, until the answered function is called. */
  readonly lend: () => () => void;
  /** Calls back when the process goes on after it was stopped. Answers what ends that. */
  readonly resumed: (hear: () => void) => () => void;
}
