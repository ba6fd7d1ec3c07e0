import type { EnvDefinition } from "../model/definition.ts";
import type { BottlePlan } from "../model/plan.ts";
import { gatewayEnv } from "./gateway-env.ts";
import { isVariableName } from "./run-files.ts";
import { looksLikeSecret } from "./secret-shape.ts";

/** The `env` part of a plan. */
export type PlannedEnvironment = Pick<BottlePlan, "env" | "envFromHost" | "envAsked">;

/** Variables that make the way out work: a definition that replaced one would cut the bottle off or lose its trust. */
const RESERVED: readonly string[] = [...Object.keys(gatewayEnv("", "")), "HOME", "ALL_PROXY", "all_proxy"];

/** `${NAME}` and nothing else. */
const COPY = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** What is wrong with a variable of a manifest, in words that do not hold its value; null: nothing. */
export function envProblem(name: string, definition: EnvDefinition): string | null {
  const { value, expose, secret } = read(definition);
  if (!isVariableName(name) || RESERVED.includes(name)) return "this variable is set by bot-bottle";
  if (COPY.test(value) || value.startsWith("?")) return null;
  if (value.includes("${")) return "${NAME} copies a whole variable and must stand alone";
  if (secret) return "a value that is secret is copied (${NAME}) or asked for (?question), not written here";
  if (expose || !looksLikeSecret(value)) return null;
  return 'the value looks like a secret; declare it under credentials, or say "expose": true';
}

/**
 * Splits definitions into literals, copies and questions, over the agent's own variables. No value of the host is read
 * here, so none can be in a plan (attack row 155). Problems are sentences without any value in them.
 */
export function planEnvironment(
  own: Readonly<Record<string, string>>,
  definitions: Readonly<Record<string, EnvDefinition>>,
): PlannedEnvironment & { readonly problems: readonly string[] } {
  const env: Record<string, string> = { ...own };
  const envFromHost: PlannedEnvironment["envFromHost"][number][] = [];
  const envAsked: PlannedEnvironment["envAsked"][number][] = [];
  const problems: string[] = [];
  for (const [name, definition] of Object.entries(definitions)) {
    const { value, expose, secret } = read(definition);
    const mark = secret ? ({ secret } as const) : {};
    const problem = envProblem(name, definition);
    const variable = COPY.exec(value)?.[1];
    if (problem !== null) {
      problems.push(`env ${name}: ${problem}`);
    } else if (variable !== undefined) {
      delete env[name];
      envFromHost.push({ name, variable, expose: expose || secret, ...mark });
    } else if (value.startsWith("?")) {
      delete env[name];
      const question = value.slice(1).trim();
      envAsked.push({ name, question: question === "" ? name : question, ...mark });
    } else {
      env[name] = value;
    }
  }
  return { env, envFromHost, envAsked, problems };
}

function read(definition: EnvDefinition): {
  readonly value: string;
  readonly expose: boolean;
  readonly secret: boolean;
} {
  if (typeof definition === "string") return { value: definition, expose: false, secret: false };
  const { value, expose = false, secret = false } = definition;
  return { value, expose, secret };
}
