import { localDay } from "../core/activity/activity-format.ts";
import type { UsageTotals } from "../core/model/activity.ts";
import { addUsage, NO_USAGE, usageOf } from "../core/usage/totals.ts";
import { listArchive } from "./archived-bottles.ts";
import { bottlePaths, type Layout } from "./layout.ts";
import { listBottles } from "./records.ts";
import { usageLines, usageOfEnded } from "./usage-files.ts";

/** How what was used is put together. */
export type CostGroup = "bottle" | "agent" | "model" | "day";

/** One line of what was used. */
export interface CostLine {
  /** Name of the bottle or agent, the model or the local day; null: nobody knows. */
  readonly key: string | null;
  /** How many bottles are in it. */
  readonly bottles: number;
  /** Of lines by bottle: it was removed. */
  readonly removed: boolean;
  readonly usage: UsageTotals;
}

export interface CostQuestion {
  /** Empty: all. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch; null: from the beginning. */
  readonly since: number | null;
  readonly by: CostGroup;
}

interface Source {
  readonly id: string;
  readonly name: string;
  readonly agent: string | null;
  readonly removed: boolean;
  readonly audit: string;
  readonly usage: string;
  readonly ended: boolean;
  /** When something was last written to it. */
  readonly endedAt: number | null;
}

/**
 * What bottles used, removed ones among them, by what was kept at their end or by their logs; dearest first, days in
 * order. `unknown`: names that no bottle has or had.
 */
export async function usageHistory(
  layout: Layout,
  { names, since, by }: CostQuestion,
): Promise<{ readonly lines: readonly CostLine[]; readonly total: UsageTotals; readonly unknown: readonly string[] }> {
  const all = await sources(layout);
  const wanted = all.filter(({ name, id }) => names.length === 0 || names.includes(name) || names.includes(id));
  const unknown = names.filter((name) => !all.some((one) => one.name === name || one.id === name));
  const found = new Map<string | null, { bottles: Set<string>; removed: boolean; usage: UsageTotals }>();
  const put = (key: string | null, source: Source, usage: UsageTotals) => {
    const line = found.get(key) ?? { bottles: new Set(), removed: source.removed, usage: NO_USAGE };
    line.bottles.add(source.id);
    found.set(key, { ...line, usage: addUsage(line.usage, usage) });
  };
  // By name, a bottle that is there and one that was removed are two lines.
  const keyOf = (source: Source) => (by === "bottle" ? (source.removed ? source.id : source.name) : source.agent);
  for (const source of wanted) {
    if (since !== null && source.endedAt !== null && source.endedAt < since) continue;
    if ((by === "bottle" || by === "agent") && since === null && source.ended) {
      const usage = await usageOfEnded(source);
      if (usage.requests > 0) put(keyOf(source), source, usage);
      continue;
    }
    for await (const { time, event } of usageLines(source.audit)) {
      const at = new Date(time);
      if (since !== null && at.getTime() < since) continue;
      const key = by === "model" ? event.model : by === "day" ? localDay(at) : keyOf(source);
      put(key, source, usageOf(event));
    }
  }
  const lines = [...found].map(([key, { bottles, ...line }]) => ({ key, bottles: bottles.size, ...line }));
  const total = lines.reduce((sum, line) => addUsage(sum, line.usage), NO_USAGE);
  const order = (a: CostLine, b: CostLine) =>
    by === "day"
      ? String(a.key).localeCompare(String(b.key))
      : b.usage.costMicros - a.usage.costMicros || String(a.key).localeCompare(String(b.key));
  return { lines: lines.sort(order), total, unknown };
}

async function sources(layout: Layout): Promise<readonly Source[]> {
  const [there, kept] = await Promise.all([listBottles(layout), listArchive(layout)]);
  return [
    ...there.map(({ name, record, state }): Source => {
      const { audit, usage } = bottlePaths(layout, name);
      const ended = state !== "running" && state !== "creating";
      const endedAt = ended && record?.endedAt != null ? Date.parse(record.endedAt) : null;
      return { id: name, name, agent: record?.agent ?? null, removed: false, audit, usage, ended, endedAt };
    }),
    ...kept.map(({ id, name, record, paths, removedAt }): Source => {
      const { audit, usage } = paths;
      const endedAt = removedAt.getTime();
      return { id, name, agent: record?.agent ?? null, removed: true, audit, usage, ended: true, endedAt };
    }),
  ];
}
