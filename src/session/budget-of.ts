import { join } from "node:path";
import type { BottlePlan } from "../core/model/plan.ts";
import { newBudgetIncident } from "../core/notices/budget.ts";
import { makePrivateFolder, writeFileAtomically } from "../host/files.ts";
import type { LivePaths } from "../state/layout.ts";
import { dayOfDefinition } from "../state/usage-files.ts";
import type { Asking } from "./asking.ts";
import type { BottleMeter } from "./bottle-meter.ts";
import type { BottleBudget } from "./budget.ts";
import type { SessionContext } from "./context.ts";
import type { Notifier } from "./notifier.ts";

export interface BudgetParts {
  readonly paths: LivePaths;
  readonly definition: string;
  readonly meter: BottleMeter;
  readonly questions: { readonly desk: Asking["desk"] | null } & Pick<Asking, "models">;
  readonly notifier: Pick<Notifier, "tell"> | null;
  /** Ends the bottle. */
  readonly stop: () => void;
  readonly context: SessionContext;
}

/** What keeps a bottle within its budget; null: it has none, and nothing is loaded for it. */
export async function budgetOf(plan: BottlePlan, parts: BudgetParts): Promise<BottleBudget | null> {
  if (plan.budget === undefined) return null;
  const { openBudget } = await import("./budget.ts");
  const { paths, definition, meter, questions, notifier, stop, context } = parts;
  const { layout, facts, say } = context;
  return openBudget({
    budget: plan.budget,
    meter,
    othersToday: (day) => dayOfDefinition(layout, definition, day, paths.usage),
    access: (models) => questions.models(models),
    show: (question) => questions.desk?.show(question) ?? Promise.resolve(),
    withdraw: (id) => questions.desk?.withdraw(id),
    stop,
    tell: (text) => {
      say(`bottle: ${plan.name} ${text}`);
      const incident = newBudgetIncident(plan.name, text, new Date());
      notifier?.tell({
        kind: "approval",
        bottle: plan.name,
        text: `${plan.name} ${text}`,
        command: incident.command,
        exitCode: null,
        more: 0,
      });
      // One of a kind: the newest says most.
      void makePrivateFolder(paths.incidents, facts.uid)
        .then(() => writeFileAtomically(join(paths.incidents, "budget.json"), `${JSON.stringify(incident, null, 2)}\n`))
        .catch(() => undefined);
    },
  });
}
