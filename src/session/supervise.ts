import { providers } from "../agents/providers.ts";
import { compileNeedles, type Needle, type NeedleSet } from "../core/leaks/needles.ts";
import { createRedactor } from "../core/leaks/redactor.ts";
import type { AgentWord } from "../core/model/activity.ts";
import type { AuditSink } from "../core/model/audit.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Secret } from "../core/model/secret.ts";
import { SUPERVISE_VARIABLE, superviseUrl } from "../core/plan/supervise.ts";
import type { Clock } from "../supervise/clock.ts";
import { createSupervise, type Supervise } from "../supervise/supervise.ts";
import type { QuestionHolder } from "./approvals.ts";
import type { ItemDesk } from "./asking.ts";
import type { HeldSecrets } from "./held-secrets.ts";

export interface SuperviseParts {
  readonly plan: BottlePlan;
  readonly policy: Policy;
  readonly desk: ItemDesk;
  readonly secrets: Pick<HeldSecrets, "known">;
  /** What must not leave besides credentials. */
  readonly known: readonly Secret[];
  readonly audit: AuditSink;
  /** What the agent says of itself by `report_status`. */
  readonly onStatus?: ((word: AgentWord) => void) | undefined;
  readonly clock?: Clock;
}

/** The MCP server of one bottle, as the others of its host process see it. */
export interface BottleSupervise extends Pick<Supervise, "handle" | "policyIs" | "forgive" | "close"> {
  /** Access that the agent asked for. */
  readonly requests: { claim: Supervise["claimAccess"] };
  /** What the agent asked for in words. */
  readonly questions: QuestionHolder;
  /** What the bottle must hold so that its agent finds the server, where the gateway is at `proxyUrl`. */
  guestConfig(proxyUrl: string): { readonly superviseUrl: string; readonly env: Readonly<Record<string, string>> };
}

/** The MCP server of a bottle whose plan has it. */
export function openSupervise({
  plan,
  policy,
  desk,
  secrets,
  known,
  audit,
  onStatus,
  clock,
}: SuperviseParts): BottleSupervise {
  const redact = (text: string): string => {
    const named = [...secrets.known(), ...known].map((value): Needle => ({ name: value.name, value }));
    const baits = (plan.canaries ?? []).flatMap(({ name, values }) => values.map((value): Needle => ({ name, value })));
    const stands = plan.credentials.map(
      ({ name, placeholder }): Needle => ({ name: `placeholder ${name}`, value: placeholder }),
    );
    return createRedactor(needles([...named, ...baits, ...stands]), plan.leaks?.level ?? "default").redact(text);
  };
  const repositories = plan.repositories ?? [];
  const { claimAccess, claimQuestion, ...supervise } = createSupervise({
    ...{ policy, repositories, desk, audit, redact },
    onStatus,
    clock,
  });
  return {
    ...supervise,
    requests: { claim: claimAccess },
    questions: { claim: claimQuestion, forgive: supervise.forgive },
    guestConfig: (proxyUrl) => guestConfig(plan, proxyUrl),
  };
}

/** What is too short to be told from ordinary text is no secret that could be searched for. */
function needles(list: readonly Needle[]): NeedleSet | null {
  if (list.length === 0) return null;
  const reading = compileNeedles(list);
  return reading.ok ? reading.set : needles(list.filter(({ name }) => !reading.tooShort.includes(name)));
}

/** How an agent finds its MCP server: by a file in the form of its own, by a variable that all have. */
function guestConfig({ agent }: BottlePlan, proxyUrl: string) {
  const url = superviseUrl(proxyUrl);
  const provider = Object.values(providers).find(({ name }) => name === agent.provider);
  return { superviseUrl: url, env: { ...provider?.superviseEnv?.(agent.headless), [SUPERVISE_VARIABLE]: url } };
}
