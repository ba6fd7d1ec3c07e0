import type { BottleRecord, ProcessIdentity } from "../../core/model/bottle-record.ts";
import type { HostFacts } from "../../core/model/host-facts.ts";
import { isRunning } from "../../host/process-identity.ts";
import type { Bottle } from "../backend.ts";
import { endedByPolling, type Handle, openBottle } from "./bottle.ts";
import { killCage } from "./cage.ts";
import { removeGroup, systemctlOf } from "./cgroup.ts";
import { managerEnv } from "./tools.ts";

/** Finds a recorded bottle again, from any process of the same user. Null when it is gone or was never ours. */
export async function openRecorded(record: BottleRecord, facts: HostFacts): Promise<Bottle | null> {
  const handle = readHandle(record.handle);
  if (handle === null || !isRunning(handle.entry.init)) return null;
  const { init, group } = handle.entry;
  const systemctl = systemctlOf(facts.tools.systemctl, managerEnv(facts, process.env.XDG_RUNTIME_DIR));
  const teardown = async () => {
    await killCage(init, handle.monitor);
    await removeGroup(group, systemctl);
  };
  return openBottle(handle, teardown, endedByPolling(init));
}

/** The record is our own file, but of an earlier version perhaps: only a whole handle counts. */
function readHandle(json: unknown): Handle | null {
  const handle = json as Partial<Handle> | null;
  if (typeof handle !== "object" || handle === null || handle.version !== 1) return null;
  const whole =
    isIdentity(handle.monitor) &&
    isIdentity(handle.entry?.init) &&
    typeof handle.pidNamespace === "string" &&
    typeof handle.entry?.seccompFile === "string" &&
    typeof handle.entry.tools === "object" &&
    typeof handle.entry.group === "object" &&
    Array.isArray(handle.runFiles);
  return whole ? (handle as Handle) : null;
}

function isIdentity(value: ProcessIdentity | undefined): boolean {
  return (
    Number.isSafeInteger(value?.pid) && Number.isSafeInteger(value?.startTime) && typeof value?.bootId === "string"
  );
}
