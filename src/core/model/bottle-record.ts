/** A process of ours, named so that a recycled pid is never mistaken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot (proc(5)). */
  readonly startTime: number;
  readonly bootId: string;
}

export type BottlePhase = "creating" | "running" | "exited" | "failed";

/** `record.json`: what exists for one bottle. The one registry of truth, reconciled by `session/reconcile`. */
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
  /** Hash of the last audit line, so that a cut tail shows. */
  readonly auditHead: string | null;
}
