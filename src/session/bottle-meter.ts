import type { UsageFile } from "../core/activity/activity-format.ts";
import { LONGEST_WORDS, localDay } from "../core/activity/activity-format.ts";
import type { ActivityFile, AgentWord, UsageTotals } from "../core/model/activity.ts";
import type { AuditEvent, AuditSink, UsageEvent } from "../core/model/audit.ts";
import { modelEndpoint } from "../core/usage/endpoint.ts";
import { costOf, type PriceList } from "../core/usage/prices.ts";
import { addUsage, NO_USAGE, usageOf } from "../core/usage/totals.ts";
import { writeFileAtomically } from "../host/files.ts";
import type { LivePaths } from "../state/layout.ts";
import { addDay, readUsageFile, usageOfLog } from "../state/usage-files.ts";

export interface MeterStart {
  readonly paths: Pick<LivePaths, "activity" | "usage" | "audit">;
  /** Of the definition that made the bottle; "" for none. */
  readonly definition: string;
  readonly prices: PriceList;
  /** The bottle ran before: its log is counted first. */
  readonly again: boolean;
  readonly now?: () => Date;
}

/** Sees what one bottle's agent does and uses, by what is written to its audit log, and keeps it where others can read it. */
export interface BottleMeter {
  /** The log, with prices on answers of models; what is written there is counted. */
  over(audit: AuditSink): AuditSink;
  /** A claim of the agent about itself; `turn`: it begins a new one, and what it said of the last one lapses. */
  onWord(source: "hook" | "supervise", word: AgentWord, turn?: boolean): void;
  /** Called with each answer of a model, after it was counted. */
  onUsage(listener: (event: UsageEvent) => void): void;
  readonly usage: UsageTotals;
  /** Of the present local day. */
  today(): { readonly day: string; readonly costMicros: number; readonly tokens: number };
  readonly extended: UsageFile["extended"];
  /** Keeps that the operator let it go on; resolves when that is written. Errors: STATE_UNUSABLE. */
  extend(extended: UsageFile["extended"]): Promise<void>;
  /** Writes the last of it: the bottle has ended. */
  close(): Promise<void>;
}

/** Changes within so long are written together. */
const ACTIVITY_MS = 500;
const USAGE_MS = 2_000;

/** Opens the meter of one bottle. What cannot be read of earlier runs counts as nothing. */
export async function openMeter(start: MeterStart): Promise<BottleMeter> {
  const { paths, definition, prices, now = () => new Date() } = start;
  const before = start.again ? await usageOfLog(paths.audit).catch(() => null) : null;
  const kept = start.again ? await readUsageFile(paths.usage) : null;
  let usage = before?.usage ?? NO_USAGE;
  const days = { ...before?.days };
  let extended = kept?.extended ?? { bottle: 0, day: "", dayTimes: 0 };
  const open = new Set<string>();
  let modelSince: string | null = null;
  let hook: AgentWord | null = null;
  let status: AgentWord | null = null;
  const listeners: ((event: UsageEvent) => void)[] = [];

  const activityFile = (): ActivityFile => ({
    schema: 1,
    at: now().toISOString(),
    openModelRequests: open.size,
    modelSince,
    hook,
    status,
    usage,
  });
  const usageFile = (final: boolean): UsageFile => ({ schema: 1, definition, final, usage, days, extended });
  const activityWriter = createWriter(ACTIVITY_MS, () =>
    writeFileAtomically(paths.activity, `${JSON.stringify(activityFile())}\n`),
  );
  const usageWriter = createWriter(USAGE_MS, () =>
    writeFileAtomically(paths.usage, `${JSON.stringify(usageFile(false))}\n`),
  );
  const opened = (change: () => void) => {
    const was = open.size === 0;
    change();
    if (was !== (open.size === 0)) {
      modelSince = now().toISOString();
      activityWriter.changed();
    }
  };
  const see = (event: AuditEvent): void => {
    if (event.type === "decision") {
      const model = modelEndpoint(event.method ?? "", event.target?.split("?", 1)[0] ?? "") !== null;
      if (event.verdict === "allow" && event.mode !== "splice" && model) opened(() => open.add(event.id));
      else if (event.verdict === "deny") opened(() => open.delete(event.id));
    } else if (event.type === "result") opened(() => open.delete(event.id));
    // A sidecar that ended took its requests along.
    else if (event.type === "session" && event.event === "service-ended") opened(() => open.clear());
    else if (event.type === "usage") {
      const one = usageOf(event);
      usage = addUsage(usage, one);
      addDay(days, localDay(now()), one);
      activityWriter.changed();
      usageWriter.changed();
      for (const listener of listeners) listener(event);
    }
  };
  // A run that was killed left its own behind.
  await writeFileAtomically(paths.activity, `${JSON.stringify(activityFile())}\n`);
  if (kept?.final === true) await writeFileAtomically(paths.usage, `${JSON.stringify(usageFile(false))}\n`);

  return {
    over: (audit) => ({
      append: async (event) => {
        const line = event.type === "usage" ? priced(event, prices) : event;
        await audit.append(line);
        see(line);
      },
    }),
    onWord: (source, { state, what, at }, turn = false) => {
      const word = { state, what: what.slice(0, LONGEST_WORDS), at };
      if (source === "hook") hook = word;
      else status = word;
      if (turn) status = null;
      activityWriter.changed();
    },
    onUsage: (listener) => void listeners.push(listener),
    get usage() {
      return usage;
    },
    today: () => {
      const day = localDay(now());
      return { day, ...(days[day] ?? { costMicros: 0, tokens: 0 }) };
    },
    get extended() {
      return extended;
    },
    extend: async (next) => {
      const previous = extended;
      extended = next;
      await writeFileAtomically(paths.usage, `${JSON.stringify(usageFile(false))}\n`).catch((error: unknown) => {
        extended = previous;
        throw error;
      });
    },
    close: async () => {
      await Promise.all([activityWriter.close(), usageWriter.close()]);
      if (usage.requests === 0) return;
      // The log has it all: without this file, it is read.
      await writeFileAtomically(paths.usage, `${JSON.stringify(usageFile(true))}\n`).catch(() => undefined);
    },
  };
}

/** The host process alone says what an answer cost, whatever a sidecar says. */
function priced({ type, id, model, tokens, complete }: UsageEvent, prices: PriceList): UsageEvent {
  const costMicros = tokens === null ? null : costOf(model, tokens, prices);
  return { type, id, model, tokens, complete, costMicros };
}

/** Writes what changed, at most once in `ms`. A disk that is full keeps nothing from going on. */
function createWriter(ms: number, write: () => Promise<void>) {
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let next = 0;
  let closed = false;
  const run = () => {
    timer = undefined;
    next = performance.now() + ms;
    last = last.then(write).catch(() => undefined);
  };
  return {
    changed: () => {
      if (closed || timer !== undefined) return;
      timer = setTimeout(run, Math.max(0, next - performance.now()));
      timer.unref();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await last;
    },
  };
}
