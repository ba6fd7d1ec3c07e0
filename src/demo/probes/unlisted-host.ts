import { readAllowed, readRefused } from "../audit-view.ts";
import { allScenes, scenes, UNLISTED_HOST } from "../scenes.ts";
import { sceneResult } from "../script.ts";
import type { DemoBottle, ProbeResult } from "../session-port.ts";
import type { Seen } from "../stand-in.ts";

export const UNLISTED = "an unlisted host";

const REASON = "host-not-listed";

/** The agent is told to fetch a host that no rule lists: 403, with a reason that reaches the model. */
export async function probeUnlistedHost(bottle: DemoBottle, seen: readonly Seen[]): Promise<ProbeResult> {
  const run = await bottle.runAgent(scenes.fetchUnlisted.prompt);
  const number = allScenes.indexOf(scenes.fetchUnlisted);
  const results = seen.flatMap(({ request }) => (request === null ? [] : (sceneResult(request, number) ?? [])));
  const result = results.at(-1) ?? "";
  const refused = /\b403\b/.test(result);
  const readable = result.includes(REASON);
  const events = await bottle.audit();
  const denied = readRefused(events, UNLISTED_HOST, REASON);
  const passed = readAllowed(events, UNLISTED_HOST, "GET", "/");
  const message = /"message":"([^"]{1,400})"/.exec(result)?.[1];
  return {
    name: UNLISTED,
    ok: run.code === 0 && refused && readable && denied > 0 && passed === 0,
    evidence: [
      refused ? `${UNLISTED_HOST} answered 403` : `no 403 came from ${UNLISTED_HOST}`,
      readable ? `the model read: ${message ?? REASON}` : "no reason reached the model",
      `${denied} refusals in the audit log`,
    ],
  };
}
