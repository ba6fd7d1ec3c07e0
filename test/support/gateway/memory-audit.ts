import type { AuditEvent, AuditSink } from "../../../src/core/model/audit.ts";

type Of<T extends AuditEvent["type"]> = Extract<AuditEvent, { type: T }>;

/** An audit sink that keeps its events, and fails or waits when told to. */
export interface MemoryAudit extends AuditSink {
  readonly events: AuditEvent[];
  /** Every append rejects while true. */
  failing: boolean;
  decisions(): Of<"decision">[];
  results(): Of<"result">[];
  sessions(): Of<"session">[];
  /** All events as one text: what a reader of the log would see. */
  text(): string;
}

export function createMemoryAudit(): MemoryAudit {
  const events: AuditEvent[] = [];
  const of = <T extends AuditEvent["type"]>(type: T) => events.filter((event): event is Of<T> => event.type === type);
  return {
    events,
    failing: false,
    async append(event) {
      if (this.failing) throw new Error("disk full");
      events.push(event);
    },
    decisions: () => of("decision"),
    results: () => of("result"),
    sessions: () => of("session"),
    text: () => JSON.stringify(events),
  };
}
