import type { BottlePlan } from "../core/model/plan.ts";
import type { LivePaths } from "../state/layout.ts";
import { dayOfDefinition } from "../state/usage-files.ts";
import type { Asking } from "./asking.ts";
import type { BottleMeter } from "./bottle-meter.ts";
import type { BottleBudget } from "./budget.ts";
import type { SessionContext } from "./context.ts";
import type { Incidents } from "./incidents.ts";
import type { Notifier } from "./notifier.ts";

export interface BudgetParts {
  readonly paths: LivePaths;
  readonly definition: string;
  readonly meter: BottleMeter;
  readonly questions: { readonly desk: Asking["desk"] | null } & Pick<Asking, "models">;
  readonly notifier: Pick<Notifier, "tell"> | null;
  readonly incidents: Pick<Incidents, "tell" | "withdraw">;
  /** Ends the bottle. */
  readonly stop: () => void;
  readonly context: SessionContext;
}

/** How old what other bottles used may be. */
const OTHERS_MS = 2_000;

/** What keeps a bottle within its budget; null: it has none, and nothing is loaded for it. */
export async function budgetOf(plan: BottlePlan, parts: BudgetParts): Promise<BottleBudget | null> {
  if (plan.budget === undefined) return null;
  const { openBudget } = await import("./budget.ts");
  const { paths, definition, meter, questions, notifier, incidents, stop, context } = parts;
  const { layout, say } = context;
  let others = { day: "", at: 0, use: Promise.resolve({ costMicros: 0, tokens: 0 }) };
  return openBudget({
    budget: plan.budget,
    meter,
    othersToday: (day) => {
      // Asked at each answer: folders of all bottles are looked at only so often.
      if (others.day !== day || performance.now() - others.at > OTHERS_MS) {
        others = { day, at: performance.now(), use: dayOfDefinition(layout, definition, day, paths.usage) };
      }
      return others.use;
    },
    access: (models) => questions.models(models),
    show: (question) => questions.desk?.show(question) ?? Promise.resolve(),
    withdraw: (id) => questions.desk?.withdraw(id),
    stop,
    tell: (text) => {
      say(`bottle: ${plan.name} ${text}`);
      const command = `bottle cost ${plan.name}`;
      notifier?.tell({
        kind: "approval",
        bottle: plan.name,
        text: `${plan.name} ${text}`,
        command,
        exitCode: null,
        more: 0,
      });
      // One of a kind: the newest says most.
      incidents.withdraw("budget");
      incidents.tell({ kind: "budget", text: `${plan.name} ${text}`, command });
    },
  });
}
