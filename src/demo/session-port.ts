import type { AuditEvent } from "../core/model/audit.ts";
import type { ExecResult } from "../core/model/command.ts";
import type { GitRepositoryDefinition } from "../core/model/definition.ts";
import type { GuestNetwork } from "../core/model/guest-network.ts";
import type { EgressRule } from "../core/model/policy.ts";

/** What the demo asks of a bottle at its start. */
export interface DemoSpec {
  /** Folder on the host that is copied into the bottle. */
  readonly workspace: string;
  /** Come before all other rules. */
  readonly rules: readonly EgressRule[];
  /** Takes the place of the operator's credential; null: the operator's own is used. */
  readonly credential: string | null;
  /** Repositories that the bottle reaches through the git gate. */
  readonly repositories: Readonly<Record<string, GitRepositoryDefinition>>;
}

export interface DemoExecOptions {
  readonly stdin?: Uint8Array;
  readonly timeoutMs?: number;
  /** Called with each piece of stdout as it comes, instead of collecting it. */
  readonly onStdout?: (chunk: Buffer) => void;
}

/** A running bottle, as far as the demo uses it. */
export interface DemoBottle {
  readonly name: string;
  /** Name of its runtime folder, which no other bottle has. */
  readonly runFolder: string;
  /** e.g. `Claude Code 2.1.197 (host claude)`. */
  readonly agent: string;
  readonly network: GuestNetwork;
  /** What stands for the credential inside. */
  readonly placeholder: string;
  exec(argv: readonly string[], options?: DemoExecOptions): Promise<ExecResult>;
  /** Runs the agent headless on `prompt`, to its end. */
  runAgent(prompt: string): Promise<ExecResult>;
  audit(): Promise<readonly AuditEvent[]>;
}

/** Where the demo gets its bottles from: the real session, or a made-up one in tests. */
export interface DemoSession {
  /**
   * Starts a bottle, calls `use`, then ends the bottle and removes all that belongs to it, whatever `use` does. `ended` is
   * called when it has ended and its files are still there.
   */
  withBottle<T>(spec: DemoSpec, use: (bottle: DemoBottle) => Promise<T>, ended?: () => Promise<void>): Promise<T>;
  /** Which of these bottles have a cage that runs, as the backend says. */
  cages(names: readonly string[]): Promise<readonly string[]>;
}

/** One row of the demo's table. */
export interface ProbeResult {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, one short line each. */
  readonly evidence: readonly string[];
}
