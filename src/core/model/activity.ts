/** What an agent is doing, as far as anybody can know. `unknown` is never drawn as idle. */
export type AgentState = "needs-you" | "working" | "idle" | "done" | "failed" | "stopped" | "unknown";

/** Who says so: `gateway` and `process` are what the host process saw itself, the others are the agent's own claims. */
export type ActivitySource = "inbox" | "gateway" | "process" | "hook" | "supervise" | "none";

/** The state of one agent as it is shown, with where it is from and how old it is. */
export interface Activity {
  readonly state: AgentState;
  readonly source: ActivitySource;
  /** In words; of an agent's claim its own, which a reader escapes for its own sink. "" where there is nothing to say. */
  readonly what: string;
  /** ISO 8601: since when. */
  readonly since: string;
}

/** Tokens of model requests, as the provider counted them, and what they cost. */
export interface UsageTotals {
  readonly requests: number;
  /** Requests whose answer did not say, or not readably: the totals are too low by these. */
  readonly unknown: number;
  /** Without those of the cache. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Millionths of a US dollar, of the requests whose model has a known price. */
  readonly costMicros: number;
  /** Requests whose model has no known price. */
  readonly unpriced: number;
}

/** What the host process writes for others to read while a bottle runs: `activity.json` in its runtime folder. */
export interface ActivityFile {
  readonly schema: 1;
  /** ISO 8601, when it was written. */
  readonly at: string;
  /** Model requests that are open at the gateway now. */
  readonly openModelRequests: number;
  /** ISO 8601, when the count last went to or from zero; null: there was no model request yet. */
  readonly modelSince: string | null;
  /** The agent's last word by a hook; null: none. */
  readonly hook: AgentWord | null;
  /** The agent's last word by `report_status`; null: none. */
  readonly status: AgentWord | null;
  /** Since the bottle was made. */
  readonly usage: UsageTotals;
}

/** A claim of the agent about itself. */
export interface AgentWord {
  readonly state: AgentState;
  /** At most 200 characters; a reader escapes it. */
  readonly what: string;
  /** ISO 8601. */
  readonly at: string;
}
