import type { Item, ItemAnswer } from "../core/inbox/item.ts";
import type { ActivitySource, AgentState } from "../core/model/activity.ts";
import type { Grant } from "../core/model/grant.ts";
import { coverage } from "../core/policy/grants.ts";
import { readBottleActivity } from "../session/bottle-activity.ts";
import type { SessionContext } from "../session/context.ts";
import { itemsOf } from "../session/inbox.ts";
import type { GrantUse } from "../session/ledger.ts";
import { askHost } from "../session/waiting.ts";
import { bottlePaths } from "../state/layout.ts";
import { readPolicy } from "../state/policy-file.ts";
import type { ListedBottle } from "../state/records.ts";
import { within } from "./deadline.ts";
import type { Answer, BottleView, GrantView, ItemView, Mark } from "./model.ts";

/** The one place where what is known of a bottle becomes what the screen shows. Errors: STATE_UNUSABLE. */
export async function readBottleView(listed: ListedBottle, context: SessionContext): Promise<BottleView> {
  const { record } = listed;
  if (record === null) return unreadable(listed.name, listed.problem ?? "");
  const running = listed.state === "running";
  const [items, { activity, usage }, grants] = await Promise.all([
    itemsOf(record, context.layout),
    readBottleActivity(context.layout, listed),
    listed.state === "running" ? grantsOf(record.name, context) : [],
  ]);
  return {
    name: record.name,
    agent: record.agent,
    backend: record.backend,
    mark: MARKS[activity.state],
    what: activity.what === "" ? "runs" : activity.what,
    source: SOURCES[activity.source],
    since: Date.parse(activity.since),
    createdAt: Date.parse(record.createdAt),
    costMicros: usage === null || usage.requests === 0 ? null : usage.costMicros,
    running,
    attachable: running && record.terminal === "held",
    resumable: listed.state === "exited" || listed.state === "failed",
    workspace: record.workspace.host,
    items: items.map(itemView),
    grants,
    run: `${record.name} ${record.createdAt} ${record.host.pid}.${record.host.startTime}`,
  };
}

function unreadable(name: string, problem: string): BottleView {
  return {
    ...{ name, agent: "-", backend: "-", mark: "~", what: `its record ${problem}`, source: "the record" },
    ...{ since: 0, createdAt: 0, costMicros: null, running: false, attachable: false, resumable: false },
    ...{ workspace: "-", items: [], grants: [], run: name },
  };
}

/** A bottle whose files do not answer: not known, and the others are not kept waiting. */
export function silent(before: BottleView | null, name: string, why: string, now: number): BottleView {
  const base = before ?? { ...unreadable(name, ""), since: now };
  return { ...base, mark: "~", what: why, source: "this dashboard", since: before?.mark === "~" ? base.since : now };
}

/** The keys of the card say what fits; `e` opens what a yes to more than this request would add. */
function itemView(item: Item): ItemView {
  const { answers, flags, request } = item;
  const host = request?.authority.replace(/:\d+$/, "") ?? "";
  const mayEdit = answers.includes("for") || answers.includes("bottle");
  return {
    ...{ id: item.id, bottle: item.bottle, kind: item.kind, title: item.title, seen: item.seen },
    ...{ words: item.words, adds: item.adds, count: item.count, review: item.review },
    flags,
    label: host.split(".").at(-1) ?? "",
    answers: [...answers.filter((answer) => isAnswer(answer)), ...(mayEdit ? (["edit"] as const) : [])],
    createdAt: Date.parse(item.createdAt),
    expiresAt: item.expiresAt === null ? null : Date.parse(item.expiresAt),
  };
}

/** What is allowed now, and what came of it: the bottle's host process counts. One that does not answer keeps nobody waiting. */
async function grantsOf(name: string, context: SessionContext): Promise<readonly GrantView[]> {
  const policy = await readPolicy(bottlePaths(context.layout, name).policy).catch(() => null);
  const grants = policy?.grants ?? [];
  if (grants.length === 0) return [];
  const asked = askHost(name, { do: "grants" }, context).catch(() => null);
  const told = (await within(asked, ANSWER_MS, null)) as { readonly grants: readonly (Grant & GrantUse)[] } | null;
  return grants.map((grant) => {
    const { uses = 0, firstUse = null } = told?.grants.find(({ id }) => id === grant.id) ?? {};
    const first = firstUse === null ? null : { at: Date.parse(firstUse.at), status: firstUse.status };
    const { id, createdAt, expiresAt } = grant;
    return { id, covers: coverage(grant), createdAt, expiresAt, uses, firstUse: first };
  });
}

/** Of a host process that is asked what it counted. */
const ANSWER_MS = 700;

function isAnswer(answer: ItemAnswer): answer is ItemAnswer & Answer {
  return answer !== "persist" && answer !== "words";
}

const MARKS: Readonly<Record<AgentState, Mark>> = {
  "needs-you": "!",
  working: "*",
  idle: "o",
  done: "#",
  failed: "x",
  stopped: "x",
  unknown: "~",
};

const SOURCES: Readonly<Record<ActivitySource, string>> = {
  inbox: "the inbox",
  gateway: "the gateway",
  process: "the record",
  hook: "the agent's hook",
  supervise: "the agent, by supervise",
  none: "nobody says what it does",
};
