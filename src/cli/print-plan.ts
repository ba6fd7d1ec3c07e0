import type { BottlePlan } from "../core/model/plan.ts";
import { explainPlan } from "../core/plan/explain.ts";
import type { Io } from "./io.ts";
import { text, type VerbInput } from "./verb.ts";

/** Prints a plan as `--format` says: the one text of `plan` and of `start --dry-run`. */
export function printPlan(plan: BottlePlan, input: VerbInput, io: Pick<Io, "out">): void {
  io.out(text(input, "format") === "json" ? `${JSON.stringify(plan, null, 2)}\n` : explainPlan(plan));
}
