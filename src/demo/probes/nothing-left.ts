import { setTimeout as delay } from "node:timers/promises";
import { type Census, countCensus, listCensus, type Marks, takeCensus } from "../census.ts";
import type { ProbeResult } from "../session-port.ts";

export const NOTHING_LEFT = "nothing is left";

/** The kernel frees namespaces and control groups a moment after the last process: no event tells when. */
const SETTLE_MS = 3_000;
const POLL_MS = 50;

/**
 * Compares what was there while the bottle ran with what is there now. A census that saw nothing while the bottle ran
 * would see nothing afterwards either, so that counts as failed. `groups`: whether this machine has control groups.
 */
export async function probeNothingLeft(during: Census, marks: Marks, groups: boolean): Promise<ProbeResult> {
  const deadline = performance.now() + SETTLE_MS;
  let after = await takeCensus(marks);
  while (listCensus(after).length > 0 && performance.now() < deadline) {
    await delay(POLL_MS);
    after = await takeCensus(marks);
  }
  const left = listCensus(after);
  const kinds = [
    "processes",
    "namespaces",
    "sockets",
    "files",
    "cages",
    ...(groups ? (["cgroups"] as const) : []),
  ] as const;
  const blind = kinds.filter((kind) => during[kind].length === 0);
  return {
    name: NOTHING_LEFT,
    ok: left.length === 0 && blind.length === 0,
    evidence: [
      `while it ran: ${countCensus(during)}`,
      `afterwards: ${countCensus(after)}`,
      ...(blind.length === 0 ? [] : [`the census did not see any ${blind.join(", ")} while the bottle ran`]),
      ...left.slice(0, 10).map((thing) => `left: ${thing}`),
    ],
  };
}
