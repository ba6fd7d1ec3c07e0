import type { Backend, Bottle } from "../backends/backend.ts";
import { loadBackend } from "../backends/builtins.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import { stateOf } from "../state/bottle-state.ts";
import { livePaths } from "../state/layout.ts";
import { readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";

/** A running bottle, opened from a process that did not launch it. Errors: BOTTLE_NOT_FOUND, BOTTLE_NOT_RUNNING. */
export async function findRunning(
  name: string,
  context: SessionContext,
): Promise<{ record: BottleRecord; backend: Backend; bottle: Bottle }> {
  const record = await readRecord(context.layout, name);
  const state = stateOf(record);
  if (state !== "running") {
    const hint = state === "lost" ? `its host process was killed: bottle recover ${name}` : "bottle ls shows what runs";
    throw new BottleError("BOTTLE_NOT_RUNNING", `${name} does not run (${state})`, { hint });
  }
  const backend = await loadBackend(record.backend);
  const paths = livePaths(context.layout, record);
  const folders = { home: paths.home, workspace: paths.workspace, run: paths.run };
  const bottle = await backend.open(record, context.facts, folders);
  if (bottle === null) throw new BottleError("BOTTLE_NOT_RUNNING", `${name} has just ended`, { hint: "bottle ls" });
  return { record, backend, bottle };
}
