import type { BottlePlan } from "../model/plan.ts";
import type { EgressRule } from "../model/policy.ts";
import { packOf } from "../policy/packs.ts";
import { socketPower } from "../policy/sockets.ts";
import { carriesBodies, wholeAccess } from "./whole-access.ts";

export interface RiskInputs {
  readonly plan: Omit<BottlePlan, "backendPlan" | "risks">;
  /** Why the kernel cannot enforce limits on this machine; null: it can. */
  readonly noLimits: string | null;
  /** File of the project that defines the agent; null: it is the operator's or built in. */
  readonly projectFile: string | null;
  /** Name of the bottle that a trusted project's file defines; null: it is the operator's or built in. */
  readonly projectBottle: string | null;
  readonly credentialMissing: boolean;
}

/** What the operator should know before starting, a sentence each, the gravest first. Empty is the normal case. */
export function planRisks({
  plan,
  noLimits,
  projectFile,
  projectBottle,
  credentialMissing,
}: RiskInputs): readonly string[] {
  const risks: string[] = [];
  if (plan.workspace.mode === "bind") {
    risks.push(
      `bind: the agent writes in ${plan.workspace.host} itself; what it leaves there can run as you (hooks, build files, settings)`,
    );
  }
  for (const rule of plan.rules) risks.push(...ruleRisks(rule, plan.rules));
  for (const name of new Set(
    plan.rules.flatMap(({ id, source }) => (source === "pack" ? [id.split(":")[1] ?? ""] : [])),
  )) {
    risks.push(...(packOf(name)?.risks ?? []).map((risk) => `${risk} (rule pack ${name})`));
  }
  for (const { name, variable, expose, secret } of plan.envFromHost) {
    if (!expose) continue;
    const searched = secret === true ? "; it is searched for in what leaves" : "";
    risks.push(`env ${name}: the agent may read the value of ${variable}, whatever it is${searched}`);
  }
  if (projectFile !== null)
    risks.push(`the instructions of agent ${plan.agent.name} come from the project: ${projectFile}`);
  if (projectBottle !== null)
    risks.push(`what the agent may reach and hold is said by the project, which you trusted: bottle ${projectBottle}`);
  if (noLimits !== null)
    risks.push(`limits of memory and processes are only measured, processors have none: ${noLimits}`);
  if (credentialMissing)
    risks.push(`no credential for ${plan.agent.provider} was found on this host: a start would be refused`);
  return risks;
}

function ruleRisks(rule: EgressRule, all: readonly EgressRule[]): readonly string[] {
  const risks: string[] = [];
  const where = `${rule.host}:${rule.port} (rule ${rule.id})`;
  for (const tool of rule.body?.allowProviderTools ?? [])
    risks.push(`internet through the provider: ${tool} at ${where}`);
  const judged = all.some((other) => other.body !== null && other.host === rule.host && other.port === rule.port);
  if (rule.body === null && judged && rule.source !== "agent" && carriesBodies(rule)) {
    risks.push(`internet through the provider: bodies at other paths of ${where} are not looked at`);
  }
  if (rule.host.startsWith("*."))
    risks.push(
      `any name below ${rule.host.slice(2)} may be reached, and a name itself can carry data (rule ${rule.id})`,
    );
  if (rule.mode === "splice") risks.push(`${where} is not looked into: what goes there is neither judged nor recorded`);
  if (rule.scheme === "http") risks.push(`${where} is not encrypted`);
  const whole = wholeAccess(rule);
  if (whole !== null) risks.push(`${where}: ${whole}`);
  const power = rule.dial?.kind === "unix" ? socketPower(rule.dial.path) : null;
  if (power !== null) risks.push(`${where} leads to ${power}`);
  return risks;
}
