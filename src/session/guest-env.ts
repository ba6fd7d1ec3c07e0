import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { judgeExposure } from "../core/plan/secret-shape.ts";
import type { SessionContext } from "./context.ts";

/** What the variables of the plan lack on this host. */
export function missingVariables(plan: BottlePlan, { env, ask }: Pick<SessionContext, "env" | "ask">): BottleError[] {
  const errors: BottleError[] = [];
  const unset = plan.envFromHost.filter(({ variable }) => env[variable] === undefined);
  if (unset.length > 0) {
    const names = unset.map(({ name, variable }) => `${variable} (for ${name})`).join(", ");
    errors.push(
      new BottleError("SECRET_UNRESOLVED", `not set on this host: ${names}`, { hint: "export them and start again" }),
    );
  }
  if (plan.envAsked.length > 0 && ask === null) {
    const names = plan.envAsked.map(({ name }) => name).join(", ");
    errors.push(
      new BottleError("SECRET_UNRESOLVED", `${names} must be asked, and there is no terminal`, {
        hint: "start it in a terminal, or use ${NAME} in the manifest",
      }),
    );
  }
  return errors;
}

/**
 * The variables of the plan with their values: literals, copies of host variables, answers of the operator; none is
 * missing (`missingVariables`). A copied value that equals a credential, or looks like one without `expose`, is refused
 * (attack row 155); the values appear nowhere but in the bottle's own environment. Errors: SECRET_EXPOSED.
 */
export async function guestEnv(
  plan: BottlePlan,
  secrets: readonly Secret[],
  context: Pick<SessionContext, "env" | "ask">,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = { ...plan.env };
  const take = (name: string, variable: string | null, value: string, expose: boolean): void => {
    const refused = judgeExposure({ name, variable, value, expose }, secrets);
    if (refused !== null) throw refused;
    values[name] = value;
  };
  for (const { name, variable, expose } of plan.envFromHost) take(name, variable, context.env[variable] ?? "", expose);
  // What the operator types for the bottle may be secret; a credential that the gateway holds may not.
  for (const { name, question } of plan.envAsked) take(name, null, (await context.ask?.(question)) ?? "", true);
  return values;
}
