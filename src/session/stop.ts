import { setTimeout as delay } from "node:timers/promises";
import { BottleError } from "../core/model/errors.ts";
import { livePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { askControl } from "./control.ts";
import { stateOf } from "./reconcile.ts";

/** The host process undoes what it made after the agent is gone: this long at most. */
const CLOSE_MS = 30_000;
const POLL_MS = 25;

/**
 * Asks the host process of a running bottle to end it, and waits until it has undone everything.
 * A bottle that has ended is fine. Errors: BOTTLE_NOT_FOUND, BOTTLE_NOT_RUNNING (lost), TEARDOWN_INCOMPLETE.
 */
export async function stopBottle(name: string, graceMs: number, context: SessionContext): Promise<void> {
  const { layout } = context;
  const record = await readRecord(layout, name);
  const state = stateOf(record);
  if (state === "lost") {
    throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} is gone`, {
      hint: "bottle prune cleans up",
    });
  }
  if (record.endedAt !== null) return;
  const { control } = livePaths(layout, record);
  const reply = await askControl(control, { do: "stop", graceMs }, graceMs + CLOSE_MS);
  if (reply?.ok === false) {
    throw new BottleError("TEARDOWN_INCOMPLETE", `${name} could not be stopped: ${reply.error ?? "no reason given"}`);
  }
  // No event crosses processes when the record is final: it is polled, with a deadline.
  const deadline = performance.now() + CLOSE_MS;
  while (performance.now() < deadline) {
    const now = await readRecord(layout, name).catch(() => null);
    if (now === null || now.endedAt !== null || stateOf(now) === "lost") return;
    await delay(POLL_MS);
  }
  throw new BottleError("TEARDOWN_INCOMPLETE", `${name} has not ended within ${CLOSE_MS / 1000} s`, {
    hint: `its host process is ${record.host.pid}; end that, then: bottle prune`,
  });
}
