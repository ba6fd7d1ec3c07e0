import type { AuditEvent } from "../core/model/audit.ts";
import type { RequestId } from "../core/model/ids.ts";
import { readAudit } from "./audit-reader.ts";

/** An event with the time of its line (ISO 8601). */
export interface TimedEvent {
  readonly time: string;
  readonly event: AuditEvent;
}

/** Every event of one request in a log, in order; none when it has none. Lines that were changed are passed over. */
export async function eventsOf(path: string, id: RequestId): Promise<readonly TimedEvent[]> {
  const found: TimedEvent[] = [];
  for await (const parsed of readAudit(path)) {
    if (!parsed.ok) continue;
    const { event, time } = parsed.line;
    if ("id" in event && event.id === id) found.push({ time, event });
  }
  return found;
}
