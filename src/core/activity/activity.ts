import type { Activity, ActivityFile, ActivitySource, AgentState, AgentWord } from "../model/activity.ts";
import type { EndReason } from "../model/bottle-record.ts";

/** All that is known about one bottle's agent. */
export interface ActivityFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** As its record and its host process say. */
  readonly state: "creating" | "running" | "exited" | "failed" | "lost" | "unreadable";
  readonly createdAt: string | null;
  readonly endedAt: string | null;
  readonly exitCode: number | null;
  readonly endReason: EndReason | null;
  /** What waits for the operator, the oldest of it; null: nothing. */
  readonly waiting: { readonly what: string; readonly since: string } | null;
  /** null: nobody has written it, or it cannot be read. */
  readonly file: ActivityFile | null;
}

/** An agent that asks no model anything for so long is between two turns, or somebody interrupted it. */
export const QUIET_MS = 5_000;
/** What a process ends with that a person or a time limit stopped: SIGINT, SIGKILL, SIGTERM, timeout(1). */
const STOPPED = [124, 130, 137, 143];

/**
 * What the agent does now, by the best evidence there is: what waits for the operator, how it ended, its hooks and
 * words in the order of time, its open model requests. `idle` is only said where the agent itself said that its turn is
 * over; what nobody knows is `unknown`.
 */
export function activityOf(facts: ActivityFacts): Activity {
  const { state, createdAt, waiting } = facts;
  const born = createdAt ?? new Date(0).toISOString();
  if (state === "creating") return activity("working", "process", "is being made", born);
  if (state !== "running") return ended(facts, born);
  if (waiting !== null) return activity("needs-you", "inbox", waiting.what, waiting.since);
  if (facts.file === null) return activity("unknown", "none", "", born);
  return running(facts.file, facts.now, born);
}

function activity(state: AgentState, source: ActivitySource, what: string, since: string): Activity {
  return { state, source, what, since };
}

function ended({ state, endedAt, exitCode, endReason }: ActivityFacts, born: string): Activity {
  const at = endedAt ?? born;
  const said = (as: AgentState, what: string) => activity(as, "process", what, at);
  if (state === "unreadable") return activity("unknown", "none", "its record cannot be read", at);
  if (state === "lost") return said("failed", "crashed: its host process is gone");
  if (endReason === "time limit") return said("stopped", "its time was over");
  if (endReason === "budget") return said("stopped", "its budget was used up");
  if (endReason === "host process lost") return said("failed", "crashed: its host process was lost");
  if (state === "failed") return said("failed", "failed to start");
  if (exitCode === null) return said("unknown", "nobody saw how it ended");
  if (exitCode === 0) return said("done", "finished");
  if (STOPPED.includes(exitCode)) return said("stopped", `was ended, exit ${exitCode}`);
  return said("failed", exitCode > 128 ? `crashed: signal ${exitCode - 128}` : `exit ${exitCode}`);
}

function running(file: ActivityFile, now: number, born: string): Activity {
  const { openModelRequests: open, hook, status } = file;
  const modelAt = file.modelSince === null ? null : Date.parse(file.modelSince);
  const asked = open > 0 ? (modelAt ?? Date.parse(file.at)) : null;
  const words = status?.state === "working" ? status.what : "";
  const byGateway = (): Activity =>
    activity("working", "gateway", words === "" ? requestsText(open) : words, file.modelSince ?? file.at);
  // A question that was on the screen before this request began is answered; a call on the side answers none.
  const isPast = (word: AgentWord) => asked !== null && asked > Date.parse(word.at);
  const lately = (time: number | null) => time !== null && now - time < QUIET_MS;

  if (hook !== null && hook.state === "needs-you" && !isPast(hook)) return by("hook", hook);
  if (open > 0) return byGateway();
  const lastAt = Math.max(modelAt ?? 0, hook === null ? 0 : Date.parse(hook.at));
  const quiet = lastAt === 0 || now - lastAt >= QUIET_MS;
  if (status !== null && status.state !== "working" && status.state !== "unknown" && quiet && !isOlder(status, hook)) {
    return by("supervise", status);
  }
  if (hook === null) {
    if (lately(modelAt)) return byGateway();
    if (modelAt === null) return activity("unknown", "none", "has asked no model for anything yet", born);
    return activity("unknown", "gateway", "has no request to a model open", file.modelSince ?? file.at);
  }
  switch (hook.state) {
    case "idle":
    case "done":
      // Its last calls may still be on their way.
      return quiet ? by("hook", hook) : { ...by("hook", hook), state: "working" };
    case "working":
      if (quiet && !isBusy(hook)) return activity("unknown", "hook", "is quiet: it may have been interrupted", hook.at);
      return by("hook", words === "" ? hook : { ...hook, what: words });
    default:
      return by("hook", hook);
  }
}

/** A claim of a turn that is over: the hook of the next one is younger, and says that it works. */
function isOlder(status: AgentWord, hook: AgentWord | null): boolean {
  return hook !== null && hook.state === "working" && isBusy(hook) && Date.parse(hook.at) > Date.parse(status.at);
}

/** Beginning of the words of a tool that runs. */
export const TOOL_RUNS = "runs ";

/** A tool may run for long, and no model is asked meanwhile. */
function isBusy({ what }: AgentWord): boolean {
  return what.startsWith(TOOL_RUNS);
}

function by(source: "hook" | "supervise", { state, what, at }: AgentWord): Activity {
  return activity(state, source, what, at);
}

function requestsText(open: number): string {
  if (open === 0) return "asked a model a moment ago";
  return open === 1 ? "waits for a model" : `waits for a model (${open} requests)`;
}
