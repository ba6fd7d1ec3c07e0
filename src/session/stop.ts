import { setTimeout as delay } from "node:timers/promises";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { stateOf } from "../state/bottle-state.ts";
import { livePaths } from "../state/layout.ts";
import { findBottle, readRecord, sameBottle } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { askControl } from "./control.ts";

/** Beside the agent's grace, all that may be waited for: the host process undoes what it made after the agent is gone. */
const CLOSE_MS = 30_000;
/** A host process that lives answers at once; under load perhaps not. */
const PING_MS = 2_000;
const POLL_MS = 25;

/**
 * Asks the host process of a running bottle to end it, and waits until it has undone everything.
 * A bottle that has ended is fine. Errors: BOTTLE_NOT_FOUND, BOTTLE_NOT_RUNNING (lost), TEARDOWN_INCOMPLETE.
 */
export async function stopBottle(name: string, graceMs: number, context: SessionContext): Promise<void> {
  const { layout } = context;
  const deadline = performance.now() + graceMs + CLOSE_MS;
  const left = () => Math.max(0, deadline - performance.now());
  const record = await readRecord(layout, name);
  if (stateOf(record) === "lost") {
    throw new BottleError("BOTTLE_NOT_RUNNING", `the host process of ${name} is gone`, {
      hint: `bottle recover --settle ${name} removes what is left of it; without --settle its agent goes on`,
    });
  }
  if (record.endedAt !== null) return;
  const { control } = livePaths(layout, record);
  const asked = performance.now();
  // One that is still making its bottle does not listen yet: there the answer is no, and at once.
  if ((await askControl(control, { do: "ping" }, PING_MS)) === null && performance.now() - asked >= PING_MS) {
    context.say(`bottle: the host process of ${name}, ${record.host.pid}, does not answer, stopped or hung; waiting`);
    context.say(`  ${wayOut(record)}`);
  }
  let accepted = false;
  // No event crosses processes when the record is final: it is polled, with a deadline.
  while (!(await hasEnded(record, context))) {
    if (left() === 0) {
      const seconds = (graceMs + CLOSE_MS) / 1000;
      throw new BottleError("TEARDOWN_INCOMPLETE", `${name} has not ended within ${seconds} s`, {
        hint: wayOut(record),
      });
    }
    if (!accepted) {
      const reply = await askControl(control, { do: "stop", graceMs }, left());
      if (reply?.ok === false) {
        throw new BottleError(
          "TEARDOWN_INCOMPLETE",
          `${name} could not be stopped: ${reply.error ?? "no reason given"}`,
        );
      }
      accepted = reply !== null;
    }
    await delay(POLL_MS);
  }
}

function wayOut({ host: { pid }, name }: BottleRecord): string {
  const end = `kill -KILL ${pid}, then bottle recover --settle ${name}`;
  return `to let it go on: kill -CONT ${pid}; to end it and its cage: ${end} (without --settle its agent goes on)`;
}

/** Its record is final, or it is gone; the name may be another bottle's by now. */
async function hasEnded(record: BottleRecord, { layout }: SessionContext): Promise<boolean> {
  const { name } = record;
  const now = await findBottle(layout, name);
  if (now?.record == null || !sameBottle(now, { name, record })) return true;
  return now.record.endedAt !== null || now.state === "lost";
}
