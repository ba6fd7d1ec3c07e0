import type { GatewayAlert } from "./trail.ts";

/** Alerts of one reason that are told within `WINDOW_MS`. */
const TOLD = 20;
const WINDOW_MS = 10_000;

/**
 * Tells alerts, of a flood only the first: an agent that repeats one a thousand times a second must not bury another, or
 * the operator's terminal. Each reason has a share of its own, and the log has a line of each (attack row 130).
 */
export function createAlertBudget(
  tell: (alert: GatewayAlert) => void,
  now: () => number,
): (alert: GatewayAlert) => void {
  const reasons = new Map<string, { since: number; count: number }>();
  return (alert) => {
    const present = now();
    const known = reasons.get(alert.reason);
    const spent = known !== undefined && present - known.since < WINDOW_MS ? known : { since: present, count: 0 };
    reasons.set(alert.reason, spent);
    spent.count += 1;
    if (spent.count <= TOLD) tell(alert);
    else if (spent.count === TOLD + 1) {
      tell({ id: null, reason: alert.reason, detail: "more of these follow at once; the audit log has them all" });
    }
  };
}
