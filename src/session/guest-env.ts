import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { judgeExposure } from "../core/plan/secret-shape.ts";
import type { SessionContext } from "./context.ts";

/**
 * The variables of the plan with their values: literals, copies of host variables, answers of the operator. All that
 * is missing is said at once. A copied value that equals a credential, or looks like one without `expose`, is refused
 * (attack row 155); the values appear nowhere but in the bottle's own environment. Errors: SECRET_UNRESOLVED, SECRET_EXPOSED.
 */
export async function guestEnv(
  plan: BottlePlan,
  secrets: readonly Secret[],
  context: Pick<SessionContext, "env" | "ask">,
): Promise<Readonly<Record<string, string>>> {
  const unset = plan.envFromHost.filter(({ variable }) => context.env[variable] === undefined);
  if (unset.length > 0) {
    const names = unset.map(({ name, variable }) => `${variable} (for ${name})`).join(", ");
    throw new BottleError("SECRET_UNRESOLVED", `not set on this host: ${names}`, {
      hint: "export them and start again",
    });
  }
  if (plan.envAsked.length > 0 && context.ask === null) {
    const names = plan.envAsked.map(({ name }) => name).join(", ");
    throw new BottleError("SECRET_UNRESOLVED", `${names} must be asked, and there is no terminal`, {
      hint: "start it in a terminal, or use ${NAME} in the manifest",
    });
  }
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
