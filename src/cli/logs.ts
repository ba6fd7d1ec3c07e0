import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { stateOf } from "../session/reconcile.ts";
import { terminalText } from "../session/terminal-text.ts";
import { bottlePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import { sessionContext } from "./session-context.ts";
import { flag, type VerbRun } from "./verb.ts";

const POLL_MS = 200;

/** `bottle logs`: what the agent printed; control sequences are left out, so that a terminal shows only text. */
export const logs: VerbRun = async (input, io) => {
  const { layout, signal } = sessionContext(io);
  const [name = ""] = input.positionals;
  const record = await readRecord(layout, name);
  const { agentLog } = bottlePaths(layout, name, record.run);
  const raw = flag(input, "raw");
  const clean = terminalText();
  let offset = 0;
  for (;;) {
    const ended = !flag(input, "follow") || signal.aborted || stateOf(await readRecord(layout, name)) !== "running";
    const size = await stat(agentLog).then(
      (found) => found.size,
      () => 0,
    );
    if (size > offset) {
      for await (const chunk of createReadStream(agentLog, { start: offset, end: size - 1 })) {
        if (raw) process.stdout.write(chunk as Buffer);
        else io.out(clean(chunk as Buffer));
      }
      offset = size;
    }
    if (ended) return 0;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
};
