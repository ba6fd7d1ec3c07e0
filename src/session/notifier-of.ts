import type { BottlePlan } from "../core/model/plan.ts";
import type { LivePaths } from "../state/layout.ts";
import type { SessionContext } from "./context.ts";
import type { Notifier } from "./notifier.ts";

/** What tells the operator of this bottle; nothing is loaded where they want to be told nothing. */
export async function notifierOf(
  plan: BottlePlan,
  { notify, detached }: { readonly notify: boolean; readonly detached: boolean },
  paths: LivePaths,
  context: SessionContext,
): Promise<Notifier | null> {
  if (!notify) return null;
  const { openNotifier } = await import("./notifier.ts");
  return openNotifier(plan.name, paths, detached, context);
}
