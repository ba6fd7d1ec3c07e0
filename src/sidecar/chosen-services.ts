import type { ServiceName } from "../core/model/control-message.ts";

/** The variable that names what a sidecar runs, as a list with commas. */
export const SERVICES_VARIABLE = "BOT_BOTTLE_SERVICES";

/** What this version can run; the others are names that stand for parts to come. */
const HERE: readonly ServiceName[] = ["egress"];
const KNOWN: readonly string[] = [...HERE, "git-gate", "supervise"];

export type ChosenServices =
  | { readonly ok: true; readonly services: readonly ServiceName[] }
  | { readonly ok: false; readonly problem: string };

/** Reads the list. Empty or absent: none is chosen. A name that is not known, or not here yet, is a problem. Pure. */
export function readChosenServices(list: string | undefined): ChosenServices {
  const names = (list ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const strange = names.find((name) => !KNOWN.includes(name));
  if (strange !== undefined) {
    return { ok: false, problem: `${SERVICES_VARIABLE} names ${strange}; there are ${KNOWN.join(", ")}` };
  }
  const absent = names.find((name) => !HERE.some((it) => it === name));
  if (absent !== undefined) return { ok: false, problem: `this version has no service ${absent} yet` };
  return { ok: true, services: HERE.filter((name) => names.includes(name)) };
}
