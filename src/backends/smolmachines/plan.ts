import type { BackendOptions, Json } from "../../core/model/plan.ts";
import { WAYS } from "./manner-text.ts";

/** What the plan says about the machine. */
export interface MachinePlan {
  /** Absolute path of a saved image, or the name of an image of the local engine; null: what BOT_BOTTLE_SMOLVM_IMAGE names. */
  readonly image: string | null;
}

/** PURE. */
export function planMachine(options: BackendOptions | undefined): Json {
  return { image: options?.image ?? null, network: "none", words: WAYS };
}

/** Reads it back from a plan. Pure. */
export function readMachinePlan(json: Json): MachinePlan {
  const { image } = (json ?? {}) as Partial<MachinePlan>;
  return { image: typeof image === "string" ? image : null };
}
