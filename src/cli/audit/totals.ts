import type { AuditTotals } from "../../state/audit-totals.ts";
import { table } from "../table.ts";

/** Totals as a table for people; a host is text of the agent, and the table escapes it. */
export function formatTotals({ hosts, suppressed }: AuditTotals): string {
  const rows = hosts.map(({ host, requests, allowed, denied, bytesOut, bytesIn, lastSeen }) => {
    const reasons = Object.entries(denied).map(([reason, count]) => `${count} ${reason}`);
    return [
      host ?? "(no host)",
      String(requests),
      String(allowed),
      String(bytesOut),
      String(bytesIn),
      lastSeen.slice(0, 19).replace("T", " "),
      reasons.length === 0 ? "-" : reasons.join(", "),
    ];
  });
  const head = ["HOST", "REQUESTS", "ALLOWED", "OUT", "IN", "LAST SEEN (UTC)", "DENIED"];
  const flood = suppressed === 0 ? "" : `and ${suppressed} refusals of a flood, which the log only counts\n`;
  return `${rows.length === 0 ? "no request\n" : table(head, rows)}${flood}`;
}
