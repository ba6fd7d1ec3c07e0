import type { Incident } from "../model/incident.ts";

/** What the operator should see of a bottle's budget. Its id comes of the time: one of the kind is kept. */
export function newBudgetIncident(bottle: string, text: string, now: Date): Incident {
  const id = `${(now.getTime() >>> 0).toString(16).padStart(8, "0")}-budget`;
  return { schema: 1, id, kind: "budget", text, command: `bottle cost ${bottle}`, createdAt: now.toISOString() };
}
