import { setImmediate } from "node:timers/promises";
import type { Backend, Bottle, GuestLayout } from "../backends/backend.ts";
import type { EndReason } from "../core/model/bottle-record.ts";
import { BottleError } from "../core/model/errors.ts";
import type { BottlePlan } from "../core/model/plan.ts";
import { gatewayEnv } from "../core/plan/gateway-env.ts";
import { baseEnv, runFiles } from "../core/plan/run-files.ts";
import { allOrNone, Cleanup, type CleanupFailure } from "../host/cleanup.ts";
import { makePrivateFolder, writeFileAtomically } from "../host/files.ts";
import { removePrivateFolder } from "../host/private-folder.ts";
import { type AuditLog, openAudit } from "../state/audit.ts";
import { openJournal } from "../state/journal.ts";
import type { LivePaths } from "../state/layout.ts";
import { holdSpare } from "../state/record-spare.ts";
import { createRecord, removeBottleFolder, updateRecord } from "../state/records.ts";
import { hookConfig } from "./agent-hooks.ts";
import type { SessionContext } from "./context.ts";
import { refuseExposedPlan } from "./exposed-plan.ts";
import { removeFailedStart } from "./failed-start.ts";
import { withMinted } from "./gate-of.ts";
import { guestEnv, missingVariables } from "./guest-env.ts";
import { holdSecrets } from "./held-secrets.ts";
import { hostRootsPem } from "./host-roots.ts";
import type { Incidents } from "./incidents.ts";
import { knownValues } from "./known-values.ts";
import { checkNeighbours } from "./neighbours.ts";
import { newRecord, recordAgain } from "./new-record.ts";
import type { Notifier } from "./notifier.ts";
import { readPlacedFiles } from "./placed-files.ts";
import { checkSeal } from "./seal-check.ts";
import { prepareServices } from "./services.ts";

/** A bottle that was launched by this process and lives as long as it. */
export interface RunningBottle {
  readonly plan: BottlePlan;
  readonly paths: LivePaths;
  readonly bottle: Bottle;
  readonly guest: GuestLayout;
  readonly audit: AuditLog;
  /** null: the operator wants to be told nothing. */
  readonly notifier: Notifier | null;
  /** Calls back when its budget is used up and it is to end for that. */
  readonly onSpent: (listener: () => void) => void;
  readonly incidents: Incidents;
  /** Has somebody asked for its end? */
  readonly stopAsked: () => boolean;
  /**
   * TERM to the agent and all that it started, KILL after `graceMs`; then the cage ends, and with it whatever was on
   * its way in at that moment. Never rejects: what could not be undone shows in `close`.
   */
  stop(graceMs: number): Promise<void>;
  /** Keeps the agent's own exit code in the record, and why it ended where it did not end by itself. */
  ended(exitCode: number, reason?: EndReason): void;
  /** Nobody knows how the agent ended, or whether: the record stays one that runs, which is lost once this process is gone. */
  unseen(): void;
  /** Undoes everything, last first; answers what could not be undone. Idempotent. */
  close(): Promise<readonly CleanupFailure[]>;
}

export interface LaunchOptions {
  /** Archive and remove the folder of a start that failed. */
  readonly removeFailed?: boolean;
  /** The bottle exists and has ended: its home and workspace stay as they are. */
  readonly again?: boolean;
  /** This process has no terminal; one of the agent's is held for it. */
  readonly detached?: boolean;
  /** Tell the operator what they want to be told (session/notifier). */
  readonly notify?: boolean;
  /** Called while the seal is checked and this thread has nothing else to do. */
  readonly meanwhile?: () => Promise<unknown>;
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
  { removeFailed = false, again = false, detached = false, notify = false, meanwhile }: LaunchOptions = {},
): Promise<RunningBottle> {
  const cleanup = new Cleanup();
  let recorded = false;
  try {
    const onRecord = () => {
      recorded = !again;
    };
    return await build(plan, backend, context, cleanup, { again, detached, notify, onRecord, meanwhile });
  } catch (error) {
    for (const failure of await cleanup.run()) {
      context.say(`bottle: ${failure.name} could not be undone: ${String(failure.error)}; bottle prune removes it`);
    }
    // What came in before a credential was found in it holds that credential (attack row 89).
    const exposed = error instanceof BottleError && error.code === "SECRET_EXPOSED";
    const removed = recorded && (removeFailed || exposed) && (await removeFailedStart(plan.name, backend, context));
    if (recorded && !removed) {
      context.say(
        `bottle: ${plan.name} failed to start; bottle audit ${plan.name} tells how far it came, bottle rm ${plan.name} removes it`,
      );
    }
    throw error;
  }
}

async function build(
  plan: BottlePlan,
  backend: Backend,
  context: SessionContext,
  cleanup: Cleanup,
  how: Required<Pick<LaunchOptions, "again" | "detached" | "notify">> & {
    onRecord: () => void;
    meanwhile: LaunchOptions["meanwhile"] | undefined;
  },
): Promise<RunningBottle> {
  const { again, detached, onRecord, meanwhile } = how;
  const { facts, layout, env } = context;
  if (detached && !plan.agent.headless) {
    // What would hold the agent's terminal is looked for before anything exists.
    await (await import("../host/terminal-holder.ts")).findHolderTools(facts.tools);
  }
  let secrets = await holdSecrets(plan.secrets, env, missingVariables(plan, context));
  const inside = await guestEnv(plan, secrets.known(), context);
  refuseExposedPlan(plan, inside, secrets.known());
  const known = await knownValues(plan, inside, env);
  // What was placed at the start is the agent's by now.
  const placed = again ? [] : await readPlacedFiles(plan.files, secrets.known());

  let exitCode: number | null = null;
  let endReason: EndReason | undefined;
  let unseen = false;
  let running = false;
  let stopAsked = false;
  let auditHead = (): string | null => null;
  const fresh = newRecord(plan, detached, context);
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
    await updateRecord(layout, plan.name, (record) => {
      // Its cage may still run: whoever recovers or resumes it looks for that first.
      if (unseen) return { ...record, auditHead: auditHead() };
      return {
        ...record,
        phase,
        exitCode,
        ...(endReason !== undefined && { endReason }),
        endedAt: new Date().toISOString(),
        auditHead: auditHead(),
      };
    });
  });
  await holdSpare(paths.spare);
  if (again) await checkNeighbours(plan, layout);
  const audit = await openAudit(paths.audit);
  auditHead = () => audit.head().hash;
  cleanup.push("audit log", () => audit.close());
  const journal = await openJournal(paths.journal);
  cleanup.push("journal", () => journal.close());
  if (!again) await writeFileAtomically(paths.plan, `${JSON.stringify(plan, null, 2)}\n`);

  const intent = await journal.intent("runtime folder", paths.run);
  await makePrivateFolder(layout.runtime, facts.uid);
  await makePrivateFolder(paths.run, facts.uid);
  cleanup.push("runtime folder", async () => {
    await removePrivateFolder(paths.run);
    await journal.done(intent);
  });
  secrets = await withMinted({ plan, secrets, journal, path: paths.journal, cleanup, context });
  const services = await prepareServices(plan, { paths, secrets, known, audit, cleanup, context });
  await journal.intent("backend", plan.backend);
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
  const [{ provisionedText }, roots] = await Promise.all([import("./provisioned-text.ts"), hostRootsPem()]);
  if (!again) await writeFileAtomically(paths.provisioned, provisionedText(plan, placed));
  // Loading the gateway holds this thread for longest, so it comes last: by now the cage has had its id maps and the
  // helper that makes the listener is on its way. Two turns, for what came in the meantime.
  await setImmediate();
  await setImmediate();
  await import("../gateway/gateway.ts");
  stopIfAborted(context.signal);

  const { notifier, questions, gate, supervise, onSpent, incidents, caPem } = await services.serve(shell, {
    ...how,
    hostRootsPem: roots,
  });

  const { guest } = shell;
  const { env: told, ...config } = supervise?.guestConfig(guest.proxyUrl) ?? {};
  const variables = { ...baseEnv(guest, env), ...inside, ...gatewayEnv(guest.proxyUrl, guest.run), ...told };
  const bottle = await shell.start(
    runFiles({
      ...{ folder: guest.run, env: variables, caPem, hostRootsPem: roots },
      ...{ ...gate?.guestConfig(guest.proxyUrl), ...config, ...hookConfig(plan, guest.proxyUrl) },
    }),
  );
  stopIfAborted(context.signal);
  const rest = async () => {
    // Behind what the others begin: loading holds this thread, and theirs goes on in other processes.
    await setImmediate();
    await services.ready();
    const parts = await Promise.all([import("./control.ts"), import("./search-service.ts")]);
    await meanwhile?.();
    return parts;
  };
  const [[{ serveControl }, { serveSearch }]] = await allOrNone([
    rest(),
    checkSeal(bottle, guest, secrets.known(), supervise !== null),
    bottle.put(placed),
    bringing?.into(bottle, guest) ?? Promise.resolve(),
  ]);
  stopIfAborted(context.signal);

  const stop = async (graceMs: number): Promise<void> => {
    stopAsked = true;
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
    notifier,
    onSpent,
    incidents,
    stopAsked: () => stopAsked,
    stop,
    ended: (code, reason) => {
      exitCode = code;
      endReason = reason;
    },
    unseen: () => {
      unseen = true;
    },
    close: () => cleanup.run(),
  };
}

/** Ends a launch that the operator no longer wants; the caller undoes what was made. */
function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new BottleError("BOTTLE_GONE", `interrupted by ${String(signal.reason)}`);
}
