import type { AgentBinary, AgentRunRequest, CredentialCandidate } from "../model/agent.ts";
import type { Manifest } from "../model/definition.ts";
import { BottleError, type ErrorCode } from "../model/errors.ts";
import type { HostFacts } from "../model/host-facts.ts";
import { bottleName, isName } from "../model/ids.ts";
import type { BackendOptions, BottlePlan, Json, WorkspaceMode } from "../model/plan.ts";
import type { EgressRule } from "../model/policy.ts";
import { type FoundSetup, NO_SETUP } from "../model/setup.ts";
import { policyProblems } from "../policy/validate.ts";
import { printable } from "../wire/printable.ts";
import { planAsk } from "./ask.ts";
import { planBudget } from "./budget.ts";
import { planCredentials } from "./credentials.ts";
import { planDeny } from "./deny.ts";
import { planEnvironment } from "./environment.ts";
import { type FoundEquipment, NO_EQUIPMENT, planEquipment } from "./equipment.ts";
import { planRepositories } from "./git-repositories.ts";
import { GUEST_HOME } from "./guest.ts";
import { labelProblems } from "./labels.ts";
import { planLeaks } from "./leaks.ts";
import { planLimits } from "./limits.ts";
import { deriveBytes } from "./placeholders.ts";
import { planDefinition, ruleWriters } from "./provenance.ts";
import { planRisks } from "./risks.ts";
import { planRules } from "./rules.ts";
import type { AgentSelection } from "./selection.ts";
import { planSetup, reachedBy } from "./setup.ts";
import type { StartRequest } from "./start-request.ts";
import { planSupervise } from "./supervise.ts";
import { planWorkspace, type RepositoryFact } from "./workspace.ts";
import type { ProtectedFolders } from "./workspace-refusals.ts";

/** What planning needs of a backend; every `Backend` is one. */
export interface PlanBackend {
  readonly name: string;
  readonly capabilities: {
    readonly workspace: readonly WorkspaceMode[];
    readonly limits: "host" | "engine";
    readonly options: readonly (keyof BackendOptions)[];
  };
  plan(plan: Omit<BottlePlan, "backendPlan">, facts: HostFacts): Json;
}

export interface PlanInputs {
  readonly request: StartRequest;
  readonly manifest: Manifest;
  readonly selection: AgentSelection;
  readonly facts: HostFacts;
  readonly binary: AgentBinary;
  /** The first of the provider's candidates that this host has (`host/secrets.firstPresent`); null: none. */
  readonly candidate: CredentialCandidate | null;
  /** Real path of `request.path`. */
  readonly workspace: string;
  /** What repository it lies in. */
  readonly repository: RepositoryFact;
  /** Real paths of the folders that no agent may get (`host/protected-folders`). */
  readonly protectedFolders: ProtectedFolders;
  readonly backend: PlanBackend;
  /** Who or what chose it, for the operator. */
  readonly backendChoice?: string;
  /** 32 random bytes: the bottle's name and its placeholders are derived from them. */
  readonly entropy: Uint8Array;
  /** What was found of the bottle's `tools` and `caches` (`host/toolchains`). */
  readonly found?: FoundEquipment;
  /** Rules of the demo: come first. */
  readonly extraRules?: readonly EgressRule[];
  /** What was read on the host for the agent's setup (`session/agent-setup`); absent: nothing. */
  readonly setup?: FoundSetup;
}

export type Resolved =
  | { readonly ok: true; readonly plan: BottlePlan }
  /** `error` carries all problems in its message, one a line. */
  | { readonly ok: false; readonly error: BottleError };

/**
 * Everything that a start will do, as data. PURE: the same inputs give the same plan, and no value of a secret is among
 * them. Errors: USAGE, WORKSPACE_REFUSED, SECRET_UNRESOLVED (no credential for the agent; a dry run goes on),
 * PLAN_INVALID with all problems.
 */
export function resolvePlan(inputs: PlanInputs): Resolved {
  const { request, selection, facts, binary, backend } = inputs;
  const { provider, bottle } = selection;
  const name = request.name ?? bottleName(selection.agent, deriveBytes(inputs.entropy, "name", 5));
  const definitions = bottle.egress?.rules ?? [];
  const {
    rules,
    problems: ruleProblems,
    mistyped,
  } = planRules({
    extra: inputs.extraRules ?? [],
    operator: definitions,
    writers: ruleWriters(bottle),
    agent: provider.rules,
    packs: bottle.egress?.packs ?? [],
    allow: request.allow,
    caPems: inputs.manifest.caPems,
    home: facts.home,
  });
  const agentBy = selection.origin?.by ?? "operator";
  const deny = planDeny({ bottle: bottle.egress?.deny ?? [], agent: selection.deny, agentBy });
  const usage = [...(isName(name) ? [] : [nameProblem(name)]), ...mistyped, ...labelProblems(request.labels)];

  const placed = planWorkspace({
    folder: inputs.workspace,
    found: inputs.repository,
    asked: request.workspace,
    definition: bottle.workspace,
    protectedFolders: inputs.protectedFolders,
  });
  if (!placed.ok) return refuse("WORKSPACE_REFUSED", placed.message, placed.hint);
  const { workspace } = placed;
  const credentials = planCredentials({
    definitions: bottle.credentials ?? {},
    rules: definitions,
    candidates: provider.credentials(facts.home),
    candidate: inputs.candidate,
    home: facts.home,
    entropy: inputs.entropy,
  });
  const equipment = planEquipment({
    bottle,
    found: inputs.found ?? NO_EQUIPMENT,
    protectedFolders: inputs.protectedFolders,
    writable: [GUEST_HOME, workspace.guest],
    workspace: workspace.host,
  });
  const { problems: envProblems, ...environment } = planEnvironment(
    { ...equipment.env, ...provider.env, ...credentials.env },
    bottle.env ?? {},
  );
  const { limits, problems: limitProblems } = planLimits(bottle.limits ?? {});
  const run: AgentRunRequest = {
    binary,
    workspace: workspace.cwd,
    home: GUEST_HOME,
    prompt: request.prompt,
    args: [...selection.args, ...request.args],
    instructions: instructionsOf(inputs),
    ...planSupervise(bottle),
    ...planHooks(provider),
  };
  const setup = planSetup({
    found: inputs.setup ?? NO_SETUP,
    provider,
    run,
    git: bottle.git,
    inside: {
      hostHome: facts.home,
      home: GUEST_HOME,
      workspace,
      reaches: reachedBy(rules),
      variables: [...Object.keys(provider.env), ...Object.keys(credentials.env)],
      headless: request.prompt !== null,
    },
  });
  const { files: baits, ...leaks } = planLeaks(bottle.egress?.leaks ?? {}, inputs.entropy, facts.home);
  const askTimeout = bottle.egress?.askTimeout === undefined ? undefined : bottle.egress.askTimeout * 1000;
  const gate = planRepositories(bottle.git?.repos ?? {}, name, facts.home, askTimeout);
  const options = { image: bottle.image ?? null, runtime: bottle.runtime ?? null, placement: bottle.placement ?? null };
  // Where the backend limits by itself, what this process could make of control groups does not matter.
  const unlimited = backend.capabilities.limits === "host" && facts.cgroup.kind === "none" ? facts.cgroup.why : null;
  const draft = {
    schema: 1,
    name,
    backend: backend.name,
    ...(inputs.backendChoice !== undefined && { backendChoice: inputs.backendChoice }),
    backendOptions: options,
    agent: {
      name: selection.agent,
      provider: provider.name,
      binary,
      command: provider.command(run),
      args: run.args,
      instructed: run.instructions !== null,
      headless: request.prompt !== null,
      prompt: request.prompt,
    },
    workspace,
    mounts: [...equipment.mounts, ...provider.mounts(binary)],
    ...environment,
    env: { ...setup.env, ...environment.env },
    limits,
    alone: unlimited !== null && !request.withoutCgroup,
    rules,
    deny,
    ...planAsk(bottle.egress),
    ...planBudget(bottle),
    credentials: credentials.bindings,
    secrets: [...credentials.secrets, ...gate.secrets],
    ...(gate.repositories.length === 0 ? {} : { repositories: gate.repositories }),
    ...leaks,
    ...planSupervise(bottle),
    ...planHooks(provider),
    files: [...setup.files, ...baits],
    setup: setup.setup,
    labels: request.labels,
    ...(request.maxMinutes !== undefined && { maxMinutes: request.maxMinutes }),
    ...planDefinition(selection),
  } as const;

  const problems = [
    ...usage,
    ...(backend.capabilities.workspace.includes(workspace.mode)
      ? []
      : [`${backend.name} cannot ${workspace.mode} a workspace`]),
    ...optionProblems(options, backend),
    ...credentials.problems,
    ...ruleProblems,
    ...equipment.problems,
    ...envProblems,
    ...clashes(credentials.env, bottle.env ?? {}),
    ...limitProblems,
    ...gate.problems,
    ...setup.problems,
    ...policyProblems({ version: 1, rules, deny, credentials: credentials.bindings, leaks: leaks.leaks }).map(
      (problem) => named(problem.path, problem.message, draft),
    ),
  ];
  if (problems.length > 0) {
    const [first, ...more] = problems;
    const list = more.length === 0 ? ` ${first}` : problems.map((line) => `\n  ${line}`).join("");
    const message = `agent ${selection.agent} cannot start:${list}`;
    return usage.length > 0
      ? refuse("USAGE", message, "bottle help start says what it takes")
      : refuse("PLAN_INVALID", message);
  }
  if (credentials.missing && !request.dryRun) return refuse("SECRET_UNRESOLVED", ...noCredential(inputs));

  const risks = planRisks({
    plan: draft,
    noLimits: unlimited,
    projectFile: selection.origin?.by === "project" ? selection.origin.file : null,
    projectBottle: bottle.origin?.by === "project" ? selection.bottleName : null,
    credentialMissing: credentials.missing,
  });
  const plan = { ...draft, risks: [...risks, ...equipment.risks] };
  return { ok: true, plan: { ...plan, backendPlan: backend.plan(plan, facts) } };
}

/** What was asked of a backend that knows no such thing: it would be as if nobody had asked. */
function optionProblems(options: BackendOptions, { name, capabilities }: PlanBackend): readonly string[] {
  return (Object.keys(options) as (keyof BackendOptions)[])
    .filter((option) => options[option] !== null && !capabilities.options.includes(option))
    .map((option) => `${option}: ${name} has none to choose from`);
}

/** An agent that can say what it does says it. */
function planHooks({ hookSettings }: AgentSelection["provider"]): Pick<BottlePlan, "hooks"> {
  return hookSettings === undefined ? {} : { hooks: true };
}

/** Blank instructions are none. */
function instructionsOf({ selection, setup }: PlanInputs): string | null {
  const text = setup?.instructions ?? selection.instructions;
  return text === null || text.trim() === "" ? null : text;
}

function nameProblem(name: string): string {
  return `${printable(name, 64)} cannot be the name of a bottle: it has 1 to 41 lower-case letters, digits and hyphens`;
}

function refuse(code: ErrorCode, message: string, hint?: string): Resolved {
  return { ok: false, error: new BottleError(code, message, hint === undefined ? {} : { hint }) };
}

/** The operator's env must not replace a placeholder: the agent would then send a value of its own. */
function clashes(
  placeholders: Readonly<Record<string, string>>,
  env: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.keys(placeholders)
    .filter((name) => Object.hasOwn(env, name))
    .map((name) => `env ${name}: this variable holds the placeholder of a credential`);
}

/** A problem of the policy, with the rule's or credential's name instead of its place in a list. */
function named(path: string, message: string, plan: Pick<BottlePlan, "rules" | "deny" | "credentials">): string {
  const [, list, index, rest] = /^(rules|deny|credentials)\[(\d+)\]\.?(.*)$/.exec(path) ?? [];
  if (list === undefined) return `${path}: ${message}`;
  const at = Number(index);
  const what =
    list === "credentials"
      ? `credential ${plan.credentials[at]?.name}`
      : `rule ${plan[list === "rules" ? "rules" : "deny"][at]?.id}`;
  return `${what}${rest === undefined || rest === "" ? "" : `, ${rest}`}: ${message}`;
}

function noCredential({ selection, facts }: PlanInputs): [message: string, hint: string] {
  const ways = selection.provider.credentials(facts.home).map(({ source }) => {
    if (source.kind === "env") return `export ${source.variable}`;
    return source.kind === "json-file" ? `log in once on this machine (${source.path})` : `provide the ${source.kind}`;
  });
  return [
    `no credential for ${selection.provider.title} was found on this host`,
    `one of: ${[...new Set(ways)].join(", ")}`,
  ];
}
