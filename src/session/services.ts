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
import type { SessionContext } from "./context.ts";
import { gateOf } from "./gate-of.ts";
import type { HeldSecrets } from "./held-secrets.ts";
import { openIncidents } from "./incidents.ts";
import { createLedger } from "./ledger.ts";
import { notifierOf } from "./notifier-of.ts";
import { openQuestions } from "./questions.ts";
import { type ServicesHere, serviceWays } from "./service-ways.ts";

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
      const questions = await openQuestions(plan, policy, paths, notifier, context, ledger);
      cleanup.push("proposals", () => questions.close());
      const start = {
        bottle: plan.name,
        policy,
        secrets: (credential: string) => secrets.read(credential),
        known: gate === null ? known : [...known, ...gate.values],
        ownAddresses,
        audit: ledger.watch(audit),
        onAlert: (text: string) => context.say(`bottle: ${plan.name}: ${text}`),
        desk: questions.desk,
      };
      const onHere = (services: ServicesHere) => {
        here = services;
      };
      const ways = serviceWays({ start, gate, questions, hostRootsPem, cleanup, onHere });
      const { caPem } = await shell.serve(ways);
      const cause = again ? "resume" : "start";
      await audit.append({ type: "policy", version: policy.version, rules: policy.rules.length, cause });
      return { notifier, questions, gate, caPem, incidents };
    },
  };
}
