import type { Backend, Bottle, GuestLayout } from "../backends/backend.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { gatewayEnv } from "../core/plan/gateway-env.ts";
import { policyOfPlan } from "../core/plan/policy.ts";
import { baseEnv, runFiles } from "../core/plan/run-files.ts";
import { Cleanup, type CleanupFailure } from "../host/cleanup.ts";
import { makePrivateFolder, writeFileAtomically } from "../host/files.ts";
import { ownAddresses } from "../host/own-addresses.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { ownIdentity } from "../host/process-identity.ts";
import { type AuditLog, openAudit } from "../state/audit.ts";
import { openJournal } from "../state/journal.ts";
import type { LivePaths } from "../state/layout.ts";
import { writePolicy } from "../state/policy-file.ts";
import { createRecord, findBottle, removeBottleFolder, updateRecord } from "../state/records.ts";
import { newRunFolder } from "../state/run-folder.ts";
import type { SessionContext } from "./context.ts";
import { serveControl } from "./control.ts";
import { refuseExposedPlan } from "./exposed-plan.ts";
import { guestEnv, missingVariables } from "./guest-env.ts";
import { holdSecrets } from "./held-secrets.ts";
import { hostRootsPem } from "./host-roots.ts";
import { knownValues } from "./known-values.ts";
import { checkNeighbours } from "./neighbours.ts";
import { readPlacedFiles } from "./placed-files.ts";
import { openQuestions } from "./questions.ts";
import { checkSeal } from "./seal-check.ts";

/** A bottle that was launched by this process and lives as long as it. */
export interface RunningBottle {
  readonly plan: BottlePlan;
  readonly paths: LivePaths;
  readonly bottle: Bottle;
  readonly guest: GuestLayout;
  readonly audit: AuditLog;
  /**
   * TERM to the agent and all that it started, KILL after `graceMs`; then the cage ends, and with it whatever was on
   * its way in at that moment. Never rejects: what could not be undone shows in `close`.
   */
  stop(graceMs: number): Promise<void>;
  /** Keeps the agent's own exit code in the record. */
  ended(exitCode: number): void;
  /** Undoes everything, last first; answers what could not be undone. Idempotent. */
  close(): Promise<readonly CleanupFailure[]>;
}

export interface LaunchOptions {
  /** Archive and remove the folder of a start that failed. */
  readonly removeFailed?: boolean;
  /** The bottle exists and has ended: its home and workspace stay as they are. */
  readonly again?: boolean;
}

/**
 * Makes the bottle of `plan`: record, cage, gateway, files, workspace, seal check. Whatever fails, what was made
 * before is undone before this rejects; what cannot be undone is said and left to `bottle prune`. The folder of a failed
 * start tells how far it came: it is named, or archived and removed where `removeFailed` or a credential lay in what
 * came in.
 */
export async function launch(
  plan: BottlePlan,
  backend: Backend,
  context: SessionContext,
  { removeFailed = false, again = false }: LaunchOptions = {},
): Promise<RunningBottle> {
  const cleanup = new Cleanup();
  let recorded = false;
  try {
    const onRecord = () => {
      recorded = !again;
    };
    return await build(plan, backend, context, cleanup, { again, onRecord });
  } catch (error) {
    for (const failure of await cleanup.run()) {
      context.say(`bottle: ${failure.name} could not be undone: ${String(failure.error)}; bottle prune removes it`);
    }
    // What came in before a credential was found in it holds that credential (attack row 89).
    const exposed = error instanceof BottleError && error.code === "SECRET_EXPOSED";
    const removed = recorded && (removeFailed || exposed) && (await removeFolder(plan.name, backend, context));
    if (recorded && !removed) {
      context.say(
        `bottle: ${plan.name} failed to start; bottle audit ${plan.name} tells how far it came, bottle rm ${plan.name} removes it`,
      );
    }
    throw error;
  }
}

/** False when it could not be removed; `bottle rm` says why. */
async function removeFolder(name: string, backend: Backend, context: SessionContext): Promise<boolean> {
  const { removeBottle } = await import("./removal.ts");
  return findBottle(context.layout, name)
    .then((bottle) => (bottle === null ? undefined : removeBottle(bottle, backend, context, "discard")))
    .then(
      () => true,
      () => false,
    );
}

async function build(
  plan: BottlePlan,
  backend: Backend,
  context: SessionContext,
  cleanup: Cleanup,
  { again, onRecord }: { again: boolean; onRecord: () => void },
): Promise<RunningBottle> {
  const { facts, layout, env } = context;
  const secrets = await holdSecrets(plan.secrets, env, missingVariables(plan, context));
  const inside = await guestEnv(plan, secrets.known(), context);
  refuseExposedPlan(plan, inside, secrets.known());
  const known = await knownValues(plan, inside, env);
  // What was placed at the start is the agent's by now.
  const placed = again ? [] : await readPlacedFiles(plan.files, secrets.known());

  let exitCode: number | null = null;
  let running = false;
  let auditHead = (): string | null => null;
  const fresh = newRecord(plan, context);
  const paths = again
    ? await (await import("../state/resumption.ts")).takeAgain(layout, plan.name, (record) =>
        recordAgain(record, fresh),
      )
    : await createRecord(layout, fresh, facts.uid);
  if (!again) {
    await checkNeighbours(plan, layout).catch(async (refusal: unknown) => {
      await removeBottleFolder(layout, plan.name);
      throw refusal;
    });
  }
  onRecord();
  cleanup.push("record", async () => {
    const phase = running ? "exited" : "failed";
    await updateRecord(layout, plan.name, (record) => ({
      ...record,
      phase,
      exitCode,
      endedAt: new Date().toISOString(),
      auditHead: auditHead(),
    }));
  });
  if (again) await checkNeighbours(plan, layout);
  const audit = await openAudit(paths.audit);
  auditHead = () => audit.head().hash;
  cleanup.push("audit log", () => audit.close());
  const journal = await openJournal(paths.journal);
  cleanup.push("journal", () => journal.close());
  if (!again) {
    await writeFileAtomically(paths.plan, `${JSON.stringify(plan, null, 2)}\n`);
  }

  const intent = await journal.intent("runtime folder", paths.run);
  await makePrivateFolder(layout.runtime, facts.uid);
  await makePrivateFolder(paths.run, facts.uid);
  cleanup.push("runtime folder", async () => {
    await removePrivateFolder(paths.run);
    await journal.done(intent);
  });

  // The services close after the bottle is gone: their undo stands before that of the cage.
  let closeServices: () => Promise<void> = async () => undefined;
  cleanup.push("gateway", () => closeServices());
  const shell = await backend.create(plan, {
    facts,
    folders: { home: paths.home, workspace: paths.workspace, run: paths.run },
    cleanup,
    journal: async (what, detail) => void (await journal.intent(what, detail)),
  });
  // What follows is loaded while the cage comes up, not before it is on its way: half of all that a start loads.
  const inPlace = again && plan.workspace.mode !== "bind";
  const bringing = inPlace
    ? null
    : (await import("./bring.ts")).bringWorkspace(plan, backend, paths, secrets, context, cleanup);
  const [{ startGateway }, { provisionedText }, { serveSearch }, roots] = await Promise.all([
    import("../gateway/gateway.ts"),
    import("./provisioned-text.ts"),
    import("./search-service.ts"),
    hostRootsPem(),
  ]);
  if (!again) await writeFileAtomically(paths.provisioned, provisionedText(plan, placed));
  stopIfAborted(context.signal);

  const policy = policyOfPlan(plan);
  await writePolicy(paths.policy, policy);
  const questions = await openQuestions(plan, policy, paths, context);
  cleanup.push("proposals", () => questions.close());
  const services = await shell.serve(async (listener) => {
    const gateway = startGateway({
      bottle: plan.name,
      listener,
      policy,
      secrets: (credential) => secrets.read(credential),
      known,
      ownAddresses,
      audit,
      onAlert: (text) => context.say(`bottle: ${plan.name}: ${text}`),
      desk: questions.desk,
    });
    questions.attach(gateway, audit);
    closeServices = () => gateway.close();
    return { caPem: gateway.caPem };
  });
  await audit.append({
    type: "policy",
    version: policy.version,
    rules: policy.rules.length,
    cause: again ? "resume" : "start",
  });

  const { guest } = shell;
  const variables = { ...baseEnv(guest, env), ...inside, ...gatewayEnv(guest.proxyUrl, guest.run) };
  const bottle = await shell.start(
    runFiles({ folder: guest.run, env: variables, caPem: services.caPem, hostRootsPem: roots }),
  );
  stopIfAborted(context.signal);
  await allOrNone([
    checkSeal(bottle, guest, secrets.known()),
    bottle.put(placed),
    bringing?.into(bottle, guest) ?? Promise.resolve(),
  ]);
  stopIfAborted(context.signal);

  const stop = async (graceMs: number): Promise<void> => {
    await bottle.stop(graceMs).catch(() => undefined);
    await bottle.close().catch(() => undefined);
  };
  const control = await serveControl(paths.control, async (request) => {
    if (request.do === "stop") return stop(request.graceMs);
    if (request.do === "ping") return undefined;
    return questions.answer(request);
  });
  cleanup.push("control socket", () => new Promise<void>((resolve) => control.close(() => resolve())));
  const search = await serveSearch(paths.search, () => secrets.known());
  cleanup.push("search socket", () => new Promise<void>((resolve) => search.close(() => resolve())));
  await updateRecord(layout, plan.name, (record) => ({ ...record, phase: "running", handle: bottle.handle }));
  await audit.append({ type: "session", event: "sealed", detail: "every probe from inside was refused" });
  running = true;

  return {
    plan,
    paths,
    bottle,
    guest,
    audit,
    stop,
    ended: (code) => {
      exitCode = code;
    },
    close: () => cleanup.run(),
  };
}

function newRecord(plan: BottlePlan, { layout }: SessionContext): BottleRecord {
  const host = ownIdentity();
  return {
    schema: 1,
    name: plan.name,
    agent: plan.agent.name,
    provider: plan.agent.provider,
    backend: plan.backend,
    phase: "creating",
    createdAt: new Date().toISOString(),
    endedAt: null,
    exitCode: null,
    host,
    run: newRunFolder(layout.runtime, host),
    handle: null,
    workspace: { mode: plan.workspace.mode, host: plan.workspace.host },
    labels: plan.labels,
    auditHead: null,
  };
}

/** The record of an ended bottle whose agent runs again. */
function recordAgain(record: BottleRecord, { host, run }: BottleRecord): BottleRecord {
  if (record.endedAt === null) {
    throw new BottleError("BOTTLE_RUNNING", `${record.name} runs`, { hint: "bottle ls shows it" });
  }
  return { ...record, phase: "creating", endedAt: null, exitCode: null, host, run, handle: null };
}

/**
 * As Promise.all, but rejects only when all have settled: what still runs would otherwise make things while they are
 * being undone.
 */
async function allOrNone<T extends readonly unknown[]>(
  work: readonly [...{ [K in keyof T]: Promise<T[K]> }],
): Promise<T> {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as unknown as T;
}

/** Ends a launch that the operator no longer wants; the caller undoes what was made. */
function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
}
