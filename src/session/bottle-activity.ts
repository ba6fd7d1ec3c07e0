import { activityOf } from "../core/activity/activity.ts";
import type { Activity, ActivityFile, UsageTotals } from "../core/model/activity.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { bottlePaths, type Layout, livePaths } from "../state/layout.ts";
import { readItems } from "../state/proposals.ts";
import type { ListedBottle } from "../state/records.ts";
import { readActivity, usageOfEnded } from "../state/usage-files.ts";

/** What one bottle's agent does, what it used, and by what that is known. */
export interface BottleActivity {
  readonly activity: Activity;
  /** null: of a bottle whose record cannot be read. */
  readonly usage: UsageTotals | null;
  /** What its host process wrote; null: nothing, or it does not run. */
  readonly file: ActivityFile | null;
  /** The oldest first. */
  readonly waiting: readonly (Proposal | Question)[];
}

/** Reads what is known of a bottle's agent; only files, so that a process that hangs holds nothing up. */
export async function readBottleActivity(
  layout: Layout,
  { name, record, state }: ListedBottle,
  now = Date.now(),
): Promise<BottleActivity> {
  const base = {
    now,
    state,
    createdAt: record?.createdAt ?? null,
    endedAt: record?.endedAt ?? null,
    exitCode: record?.exitCode ?? null,
    endReason: record?.endReason ?? null,
  };
  if (record === null) {
    return { activity: activityOf({ ...base, waiting: null, file: null }), usage: null, file: null, waiting: [] };
  }
  const paths = livePaths(layout, record);
  const runs = state === "running";
  const [file, waiting] = await Promise.all([
    runs ? readActivity(paths.activity) : null,
    runs ? readItems(paths.proposals) : [],
  ]);
  const [oldest] = waiting;
  const asked = oldest === undefined ? null : { what: waitingText(oldest), since: oldest.createdAt };
  return {
    activity: activityOf({ ...base, waiting: asked, file }),
    usage: file?.usage ?? (await usageOfEnded(bottlePaths(layout, name)).catch(() => null)),
    file,
    waiting,
  };
}

/** What waits, in one line; its words may be an agent's, which a reader escapes for its own sink. */
function waitingText(item: Proposal | Question): string {
  if ("kind" in item) return item.kind === "budget" ? "its budget is used up" : `${item.kind}: ${item.words}`;
  return `${item.method} ${item.scheme}://${item.authority}${item.target}`;
}
