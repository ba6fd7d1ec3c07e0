import type { BottleShell } from "../backends/backend.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import type { Secret } from "../core/model/secret.ts";
import { limitIncident } from "../core/notices/incidents.ts";
import { policyOfPlan } from "../core/plan/policy.ts";
import type { Cleanup } from "../host/cleanup.ts";
import { ownAddresses } from "../host/own-addresses.ts";
import type { AuditLog } from "../state/audit.ts";
import type { LivePaths } from "../state/layout.ts";
import { writePolicy } from "../state/policy-file.ts";
import { hookDoor } from "./agent-hooks.ts";
import { type BottleMeter, openMeter } from "./bottle-meter.ts";
import { budgetOf } from "./budget-of.ts";
import type { SessionContext } from "./context.ts";
import { gateOf } from "./gate-of.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import { openIncidents } from "./incidents.ts";
import { createLedger } from "./ledger.ts";
import { notifierOf } from "./notifier-of.ts";
import { openQuestions } from "./questions.ts";
import { type ServicesHere, serviceWays } from "./service-ways.ts";
import type { BottleSupervise } from "./supervise.ts";

export interface ServicesStart {
  readonly paths: LivePaths;
  readonly secrets: HeldSecrets;
  /** Values that nothing may carry out besides. */
  readonly known: readonly Secret[];
  readonly audit: AuditLog;
  readonly cleanup: Cleanup;
  readonly context: SessionContext;
}

/** How this start differs from another one of the same plan. */
export interface ServicesTerms {
  readonly again: boolean;
  readonly detached: boolean;
  readonly notify: boolean;
  readonly hostRootsPem: string;
}

/**
 * The services of one bottle: gateway, git gate, what is asked and told. Called before the cage is made, since they close
 * after it is gone; `serve` brings them up in it.
 */
export async function prepareServices(
  plan: BottlePlan,
  { paths, secrets, known, audit, cleanup, context }: ServicesStart,
) {
  let here: ServicesHere | null = null;
  let supervise: BottleSupervise | null = null;
  let meter: BottleMeter | null = null;
  // After the gateway, whose last lines count.
  cleanup.push("usage", async () => meter?.close());
  const gate = await gateOf(plan, { paths, secrets, known, audit, context });
  cleanup.push("git gate", async () => gate?.close());
  cleanup.push("gateway", async () => here?.close());
  return {
    /** Resolves when what this process runs of them is ready for the first request. */
    ready: async () => here?.ready(),
    serve: async (shell: BottleShell, { again, hostRootsPem, ...how }: ServicesTerms) => {
      const policy = policyOfPlan(plan);
      await writePolicy(paths.policy, policy);
      const notifier = await notifierOf(plan, how, paths, context);
      cleanup.push("notices", async () => notifier?.released());
      const incidents = await openIncidents(plan.name, paths, notifier, again, context);
      cleanup.push("incidents", () => incidents.settled());
      const ledger = createLedger(() => incidents.tell(limitIncident(plan.name)));
      const definition = definitionKey(plan);
      const seen = await openMeter({ paths, again, definition, prices: plan.prices ?? {} });
      meter = seen;
      const questions = await openQuestions(plan, policy, paths, notifier, context, ledger);
      cleanup.push("proposals", () => questions.close());
      if (plan.supervise === true && questions.desk !== null) {
        const { openSupervise } = await import("./supervise.ts");
        supervise = openSupervise({
          plan,
          policy,
          desk: questions.desk,
          secrets,
          known,
          audit,
          onStatus: (word) => seen.onWord("supervise", word),
        });
        cleanup.push("supervise", async () => supervise?.close());
      }
      const start = {
        bottle: plan.name,
        policy,
        secrets: (credential: string) => secrets.read(credential),
        known: gate === null ? known : [...known, ...gate.values],
        ownAddresses,
        audit: seen.over(ledger.watch(audit)),
        onAlert: (text: string) => context.say(`bottle: ${plan.name}: ${text}`),
        desk: questions.desk,
      };
      const onHere = (services: ServicesHere) => {
        here = services;
      };
      const hooks = plan.hooks === true ? hookDoor(seen) : null;
      const ways = serviceWays({ start, gate, supervise, hooks, questions, hostRootsPem, cleanup, onHere });
      const { caPem } = await shell.serve(ways);
      const spent = createOnce();
      const budget = await budgetOf(plan, {
        paths,
        definition,
        meter: seen,
        questions,
        notifier,
        incidents,
        stop: spent.fire,
        context,
      });
      cleanup.push("budget", async () => budget?.close());
      await budget?.look();
      const cause = again ? "resume" : "start";
      await audit.append({ type: "policy", version: policy.version, rules: policy.rules.length, cause });
      if (supervise !== null) questions.hold(supervise.questions);
      if (budget !== null) questions.hold(budget);
      return { notifier, questions, gate, supervise, meter, incidents, onSpent: spent.on, caPem };
    },
  };
}

/** Something that happens once; who listens later hears of it at once. */
function createOnce() {
  let fired = false;
  let listener = () => {};
  return {
    fire: () => {
      fired = true;
      listener();
    },
    on: (next: () => void) => {
      listener = next;
      if (fired) next();
    },
  };
}

/** What bottles of one definition have in common, whatever they are called. */
function definitionKey({ definition }: BottlePlan): string {
  return definition === undefined ? "" : `${definition.file}#${definition.bottle}`;
}
