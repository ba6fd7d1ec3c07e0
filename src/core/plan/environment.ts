import type { EnvDefinition } from "../model/definition.ts";
import type { BottlePlan } from "../model/plan.ts";
import { gatewayEnv, isVariableName } from "./run-files.ts";
import { looksLikeSecret } from "./secret-shape.ts";

/** The `env` part of a plan. */
export type PlannedEnvironment = Pick<BottlePlan, "env" | "envFromHost" | "envAsked">;

/** Variables that make the way out work: a definition that replaced one would cut the bottle off or lose its trust. */
const RESERVED: readonly string[] = [...Object.keys(gatewayEnv("", "")), "HOME", "ALL_PROXY", "all_proxy"];

/** Longest answer or value: an environment string takes at most 128 KiB (MAX_ARG_STRLEN, execve(2)). */
const COPY = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * Splits definitions into literals, copies and questions, over the agent's own variables. No value of the host is read
 * here, so none can be in a plan (attack row 155). Problems are sentences without any value in them.
 */
export function planEnvironment(
  own: Readonly<Record<string, string>>,
  definitions: Readonly<Record<string, EnvDefinition>>,
): PlannedEnvironment & { readonly problems: readonly string[] } {
  const env: Record<string, string> = { ...own };
  const envFromHost: { name: string; variable: string; expose: boolean }[] = [];
  const envAsked: { name: string; question: string }[] = [];
  const problems: string[] = [];
  for (const [name, definition] of Object.entries(definitions)) {
    const { value, expose = false } = typeof definition === "string" ? { value: definition } : definition;
    const variable = COPY.exec(value)?.[1];
    if (!isVariableName(name) || RESERVED.includes(name)) {
      problems.push(`env ${name}: this variable is set by bot-bottle`);
    } else if (variable !== undefined) {
      delete env[name];
      envFromHost.push({ name, variable, expose });
    } else if (value.startsWith("?")) {
      delete env[name];
      const question = value.slice(1).trim();
      envAsked.push({ name, question: question === "" ? name : question });
    } else if (value.includes("${")) {
      problems.push(`env ${name}: \${NAME} copies a whole variable and must stand alone`);
    } else if (!expose && looksLikeSecret(value)) {
      problems.push(`env ${name}: the value looks like a secret; declare it under credentials, or say "expose": true`);
    } else {
      env[name] = value;
    }
  }
  return { env, envFromHost, envAsked, problems };
}
