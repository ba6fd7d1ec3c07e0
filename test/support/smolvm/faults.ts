/** What STAND_IN_FAULTS (comma separated) may ask for. Some take a time: `slow-start=500`, in milliseconds, else a second. */
export type Fault =
  /** `create` ends with an error and makes nothing. */
  | "failing-create"
  /** The guest of a machine that starts never answers. */
  | "failing-start"
  /** The guest comes up late. */
  | "slow-start"
  /** `stop` has said that it is done while the VM process still lives. */
  | "slow-stop"
  /** A record says that a machine runs; nothing does. */
  | "stale-running"
  /** The agent in the guest does not answer. */
  | "unreachable"
  /** An exec never comes up. */
  | "hung-exec"
  /** An exec warns on stderr, unless RUST_LOG is `off` (tracing, src/main.rs v0.8.0). */
  | "warnings";

/** How long it lasts, in ms, where it takes time; null: it was not asked for. */
export function fault(name: Fault, asked: string = process.env.STAND_IN_FAULTS ?? ""): number | null {
  for (const word of asked.split(",")) {
    const [id, ms] = word.trim().split("=");
    if (id === name) return ms === undefined ? 1000 : Number(ms);
  }
  return null;
}
