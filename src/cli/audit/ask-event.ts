import type { AuditEvent } from "../../core/model/audit.ts";

/** What the agent asked for by supervise, on one line; its words are marked as its own. */
export function describeAsk({ id, ask, outcome, subject, words }: Extract<AuditEvent, { type: "supervise" }>): string {
  const said = words === null ? "" : outcome === "refused" ? `  ${words}` : `  the agent says: ${words}`;
  return `agent    ${id} ${outcome} ${ask}${subject === "" ? "" : ` ${subject}`}${said}`;
}
