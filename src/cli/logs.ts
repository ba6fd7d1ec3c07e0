import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { stateOf } from "../session/reconcile.ts";
import { terminalText } from "../session/terminal-text.ts";
import { transcriptSpan } from "../session/transcript.ts";
import { bottlePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

const POLL_MS = 200;

/** `bottle logs`: what the agent printed; control sequences are left out, so that a terminal shows only text. */
export const logs: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  await readRecord(layout, name);
  const { agentLog } = bottlePaths(layout, name);
  const raw = flag(input, "raw");
  const clean = terminalText();
  let offset = 0;
  for (;;) {
    const ended = !flag(input, "follow") || signal.aborted || stateOf(await readRecord(layout, name)) !== "running";
    const { start, end } = await transcriptSpan(agentLog);
    offset = Math.max(offset, start);
    if (end > offset) {
      for await (const chunk of createReadStream(agentLog, { start: offset, end: end - 1 })) {
        if (raw) process.stdout.write(chunk as Buffer);
        else io.out(clean(chunk as Buffer));
      }
      offset = end;
    }
    if (ended) return 0;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
};
