/** A process of ours, named so that a recycled pid is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot (proc(5)). */
  readonly startTime: number;
  readonly bootId: string;
}

/**
 * What the agent's terminal is: `own`, the one on which the bottle was started; `held`, one that outlives the
 * operator's and can be attached to; `none`, for a headless agent.
 */
export type AgentTerminal = "own" | "held" | "none";

export type BottlePhase = "creating" | "running" | "exited" | "failed";

/** `time limit`: `--max-minutes`. `budget`: that of its definition. `host process lost`: it was killed, or the machine went down. */
export const END_REASONS = ["time limit", "budget", "host process lost"] as const;
export type EndReason = (typeof END_REASONS)[number];

/** `record.json`: what exists for one bottle. The one registry of truth, reconciled by `state/bottle-state`. */
export interface BottleRecord {
  readonly schema: 1;
  readonly name: string;
  readonly agent: string;
  readonly provider: string;
  readonly backend: string;
  readonly phase: BottlePhase;
  readonly createdAt: string;
  readonly endedAt: string | null;
  /** The agent's own exit code, once known. */
  readonly exitCode: number | null;
  readonly host: ProcessIdentity;
  /** Folder of the bottle's sockets. Kept here because another shell may have another XDG_RUNTIME_DIR. */
  readonly run: string;
  /** What the backend needs to find the bottle again from another process (backend-specific JSON). */
  readonly handle: import("./plan.ts").Json;
  readonly workspace: { readonly mode: import("./plan.ts").WorkspaceMode; readonly host: string };
  readonly labels: Readonly<Record<string, string>>;
  /** What the agent was last run on; null: interactive. Absent in records of before there was `recover`. */
  readonly prompt?: string | null;
  /** Why it ended where the agent did not end by itself; absent: it did, or nobody knows. */
  readonly endReason?: EndReason;
  /** Absent in records of before. */
  readonly terminal?: AgentTerminal;
  /** Was started with -d: its host process has no terminal. Absent: no. */
  readonly detached?: boolean;
  /** Hash of the last audit line, so that a cut tail shows. */
  readonly auditHead: string | null;
}

/** File in a bottle's folder in which its backend says where home and workspace are, when they are not beside it. */
export const STORED_FOLDERS = "volumes.json";
