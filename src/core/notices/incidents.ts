import type { Incident, IncidentKind } from "../model/incident.ts";
import type { Notice } from "../model/notice.ts";

/** What an operator should see of a bottle, before it has an id and a time. */
export type IncidentWords = Pick<Incident, "kind" | "text" | "command">;

/** The incident that a notice tells of; null: it is of none. */
export function incidentOf({ kind, text, command }: Notice, timeLimit: boolean): IncidentWords | null {
  if (timeLimit) return { kind: "time-limit", text: text.replace("was ended", "was ended by its time limit"), command };
  const kinds: Readonly<Partial<Record<Notice["kind"], IncidentKind>>> = {
    crashed: "crashed",
    stalled: "stalled",
    "disk-low": "disk-low",
  };
  const found = kinds[kind];
  return found === undefined ? null : { kind: found, text, command };
}

/** The agent ended by itself, and not well. */
export function failedIncident({ text, command }: Notice): IncidentWords {
  return { kind: "failed", text, command };
}

/** The gateway refused what was more than one bottle may have. */
export function limitIncident(bottle: string): IncidentWords {
  const text = `${bottle} asked its gateway for more than it may have at once`;
  return { kind: "limit", text, command: `bottle audit ${bottle}` };
}
