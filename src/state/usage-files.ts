import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type DayUse,
  isActivityFile,
  isUsageFile,
  localDay,
  type UsageFile,
} from "../core/activity/activity-format.ts";
import type { ActivityFile, UsageTotals } from "../core/model/activity.ts";
import type { UsageEvent } from "../core/model/audit.ts";
import { addUsage, NO_USAGE, tokensOf, usageOf } from "../core/usage/totals.ts";
import { readTextFile } from "../host/files.ts";
import { readAudit } from "./audit-reader.ts";
import type { BottlePaths, Layout } from "./layout.ts";

const MOST_BYTES = 256 << 10;

async function readJson(path: string): Promise<unknown> {
  const file = await readTextFile(path, { followLinks: false, maxBytes: MOST_BYTES });
  if (file.kind !== "text") return null;
  try {
    return JSON.parse(file.text) as unknown;
  } catch {
    return null;
  }
}

/** What a running bottle's host process saw of its agent; null where it wrote nothing, or what cannot be read. */
export async function readActivity(path: string): Promise<ActivityFile | null> {
  const value = await readJson(path);
  return isActivityFile(value) ? value : null;
}

/** What a bottle's models used, as its host process kept it; null: there is nothing, or it cannot be read. */
export async function readUsageFile(path: string): Promise<UsageFile | null> {
  const value = await readJson(path);
  return isUsageFile(value) ? value : null;
}

/** One line about an answer of a model. */
export interface UsageLine {
  /** ISO 8601. */
  readonly time: string;
  readonly event: UsageEvent;
}

/** The lines about answers of models in a bottle's log, in order. What looks changed is passed over: `audit --verify` tells. */
export async function* usageLines(audit: string): AsyncGenerator<UsageLine> {
  for await (const line of readAudit(audit)) {
    if (line.ok && line.line.event.type === "usage") yield { time: line.line.time, event: line.line.event };
  }
}

/** All that a log says of a bottle's models. */
export async function usageOfLog(audit: string): Promise<Pick<UsageFile, "usage" | "days">> {
  let usage = NO_USAGE;
  const days: Record<string, DayUse> = {};
  for await (const { time, event } of usageLines(audit)) {
    const one = usageOf(event);
    usage = addUsage(usage, one);
    addDay(days, localDay(new Date(time)), one);
  }
  return { usage, days };
}

/** Adds to one day. */
export function addDay(days: Record<string, DayUse>, day: string, usage: UsageTotals): void {
  const before = days[day] ?? { costMicros: 0, tokens: 0 };
  days[day] = { costMicros: before.costMicros + usage.costMicros, tokens: before.tokens + tokensOf(usage) };
}

/** What a bottle used that does not run: as was kept at its end, else as its log has it. */
export async function usageOfEnded(paths: Pick<BottlePaths, "usage" | "audit">): Promise<UsageTotals> {
  const kept = await readUsageFile(paths.usage);
  return kept?.final === true ? kept.usage : (await usageOfLog(paths.audit)).usage;
}

/**
 * What all other bottles of a definition used on one local day, removed ones among them; null: of every definition.
 * `own` is not counted.
 */
export async function dayOfDefinition(
  layout: Layout,
  definition: string | null,
  day: string,
  own: string | null,
): Promise<DayUse> {
  const from = new Date(`${day}T00:00:00`).getTime();
  let costMicros = 0;
  let tokens = 0;
  for (const root of [layout.bottles, layout.archive]) {
    for (const name of await readdir(root).catch((): string[] => [])) {
      const path = join(root, name, USAGE);
      if (path === own) continue;
      // Most of the archive is of other days.
      const written = await stat(path).catch(() => null);
      if (written === null || written.mtimeMs < from) continue;
      const file = await readUsageFile(path);
      const use = definition === null || file?.definition === definition ? file?.days[day] : undefined;
      costMicros += use?.costMicros ?? 0;
      tokens += use?.tokens ?? 0;
    }
  }
  return { costMicros, tokens };
}

const USAGE = "usage.json";
