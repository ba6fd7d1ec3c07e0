/** What STAND_IN_FAULTS (comma separated) may ask for. */
export type Fault =
  /** The agent in the guest does not answer. */
  | "unreachable"
  /** An exec never comes up. */
  | "hung-exec";

/** How long it lasts, in ms, where it takes time; null: it was not asked for. */
export function fault(name: Fault, asked: string = process.env.STAND_IN_FAULTS ?? ""): number | null {
  for (const word of asked.split(",")) {
    const [id, ms] = word.trim().split("=");
    if (id === name) return ms === undefined ? 1000 : Number(ms);
  }
  return null;
}
