import { providers } from "../agents/providers.ts";
import { DEFAULT_BOTTLE } from "../core/model/definition.ts";
import { BottleError } from "../core/model/errors.ts";
import type { Policy } from "../core/model/policy.ts";
import { policyOfPlan } from "../core/plan/policy.ts";
import { bottlePlaces } from "../core/plan/provenance.ts";
import type { StartRequest } from "../core/plan/start-request.ts";
import type { RulePlaces } from "../core/plan/why.ts";
import { bottlePaths } from "../state/layout.ts";
import { loadManifest } from "../state/manifests.ts";
import { readPolicy } from "../state/policy-file.ts";
import { readRecord } from "../state/records.ts";
import type { SessionContext } from "./context.ts";
import { prepare } from "./prepare.ts";
import { projectFolder } from "./project-folder.ts";

/** A policy that can be asked, and where its rules come from. */
export interface KnownPolicy {
  readonly policy: Policy;
  readonly places: RulePlaces;
}

/** What a start would put in force: the whole plan is resolved, nothing is made. Errors: as `prepare`. */
export async function policyOfStart(request: StartRequest, context: SessionContext): Promise<KnownPolicy> {
  const { plan, places } = await prepare({ ...request, dryRun: true }, context);
  return { policy: policyOfPlan(plan), places };
}

/** What a bottle has or had in force. Errors: BOTTLE_NOT_FOUND, STATE_UNUSABLE. */
export async function policyOfBottle(name: string, context: SessionContext): Promise<KnownPolicy> {
  const record = await readRecord(context.layout, name);
  const policy = await readPolicy(bottlePaths(context.layout, name).policy);
  if (policy === null) {
    const hint = `ask for what a start would allow: bottle why ${record.agent} GET URL`;
    throw new BottleError("STATE_UNUSABLE", `${name} never came so far as to have a policy`, { hint });
  }
  return { policy, places: await placesOf(record.agent, record.workspace.host, context) };
}

/** Where definitions of this agent stand by now; what was there at a start may have been changed since. */
export async function placesOf(agent: string, workspace: string, context: SessionContext): Promise<RulePlaces> {
  const { facts, layout } = context;
  // A manifest that cannot be read now does not change what was decided then.
  const project = await projectFolder(workspace, facts.home);
  const manifest = await loadManifest(
    { layout, workspace: project, home: facts.home, uid: facts.uid },
    providers,
  ).catch(() => null);
  const definition = manifest !== null && Object.hasOwn(manifest.agents, agent) ? manifest.agents[agent] : undefined;
  const bottle = definition?.bottle ?? DEFAULT_BOTTLE;
  const found = bottlePlaces(bottle, manifest);
  return {
    ...found,
    bottleFile: found.bottleFile ?? layout.operatorManifest,
    agent,
    agentFile: definition?.origin.file ?? null,
  };
}
