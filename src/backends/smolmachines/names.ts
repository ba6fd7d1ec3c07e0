import { randomBytes } from "node:crypto";
import type { ProcessIdentity } from "../../core/model/bottle-record.ts";
import { isName } from "../../core/model/ids.ts";
import { bootId, isRunning } from "../../host/process-identity.ts";

/** What a machine is for: a bottle, or a workshop's job. */
export type Kind = "cage" | "workshop";

/** What the name of a machine of ours tells: labels came late, and everything else of a machine can be somebody else's. */
export interface Ownership {
  readonly kind: Kind;
  readonly bottle: string;
  readonly host: ProcessIdentity;
}

const FORM = /^bb_(cage|workshop)_([a-z0-9D-]{1,41})_(\d{1,10})_(\d{1,20})_([0-9a-f]{8})_[0-9a-f]{8}$/;

/** Name of a new machine: at most 128 of `[A-Za-z0-9_-]`, without `--` (src/data/mod.rs of smolvm). */
export function machineName({ kind, bottle, host }: Ownership): string {
  const boot = host.bootId.slice(0, 8);
  return ["bb", kind, bottle.replaceAll("-", "D"), host.pid, host.startTime, boot, randomBytes(4).toString("hex")].join(
    "_",
  );
}

/** Reads a name back; null when it is not ours in form. */
export function readMachineName(name: string): Ownership | null {
  const [, kind, letters = "", pid, startTime, boot = ""] = FORM.exec(name) ?? [];
  const bottle = letters.replaceAll("D", "-");
  if ((kind !== "cage" && kind !== "workshop") || !isName(bottle)) return null;
  const now = bootId();
  const host = { pid: Number(pid), startTime: Number(startTime), bootId: now.startsWith(boot) ? now : boot };
  return { kind, bottle, host };
}

/** Does the process that made it still run? */
export function isHeld({ host }: Ownership): boolean {
  return isRunning(host);
}
