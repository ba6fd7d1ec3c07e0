import type { EgressDefinition } from "../model/definition.ts";
import type { BottlePlan } from "../model/plan.ts";
import { ASK_TIMEOUT_MS } from "../policy/asking.ts";

/** How a bottle asks, as its definition says; nothing where it says nothing. */
export function planAsk(egress: EgressDefinition | undefined): Pick<BottlePlan, "ask"> {
  const { default: unlisted = "deny", askTimeout } = egress ?? {};
  if (unlisted === "deny" && askTimeout === undefined) return {};
  const timeoutMs = askTimeout === undefined ? ASK_TIMEOUT_MS : askTimeout * 1000;
  return { ask: { unlisted: unlisted === "ask", timeoutMs } };
}
