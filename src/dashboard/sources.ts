import type { ActivityFile, AgentState } from "../core/model/activity.ts";
import type { BottleRecord } from "../core/model/bottle-record.ts";
import type { Proposal } from "../core/model/proposal.ts";
import type { Question } from "../core/model/question.ts";
import { readTextFile } from "../host/files.ts";
import type { SessionContext } from "../session/context.ts";
import { type LivePaths, livePaths } from "../state/layout.ts";
import { readItems } from "../state/proposals.ts";
import type { ListedBottle } from "../state/records.ts";
import type { BottleView, ItemView, Mark } from "./model.ts";

/**
 * The one place where files of bottles become what the screen shows. What waits: `itemsOf`. What an agent does: `activityOf`.
 */
export async function readBottleView(listed: ListedBottle, context: SessionContext): Promise<BottleView> {
  const { record } = listed;
  if (record === null) return unreadable(listed.name, listed.problem ?? "");
  const paths = livePaths(context.layout, record);
  const running = listed.state === "running";
  const [items, activity] = running
    ? await Promise.all([itemsOf(record.name, paths), readActivity(paths.activity)])
    : [[], null];
  const said = activityOf(record, listed.state, activity);
  return {
    name: record.name,
    agent: record.agent,
    backend: record.backend,
    ...said,
    createdAt: Date.parse(record.createdAt),
    costMicros: activity?.usage.costMicros ?? null,
    running,
    attachable: running && record.terminal === "held",
    resumable: listed.state === "exited" || listed.state === "failed",
    workspace: record.workspace.host,
    items,
    run: `${record.name} ${record.createdAt} ${record.host.pid}.${record.host.startTime}`,
  };
}

function unreadable(name: string, problem: string): BottleView {
  return {
    ...{ name, agent: "-", backend: "-", mark: "~", what: `its record ${problem}`, source: "the record" },
    ...{ since: 0, createdAt: 0, costMicros: null, running: false, attachable: false, resumable: false },
    ...{ workspace: "-", items: [], run: name },
  };
}

/** A bottle whose files do not answer: not known, and the others are not kept waiting. */
export function silent(before: BottleView | null, name: string, why: string, now: number): BottleView {
  const base = before ?? { ...unreadable(name, ""), since: now };
  return { ...base, mark: "~", what: why, source: "this dashboard", since: before?.mark === "~" ? base.since : now };
}

/** What waits in a bottle. The queue's `listItems` gives the same in its own shape: it is mapped here. */
async function itemsOf(bottle: string, { proposals }: LivePaths): Promise<readonly ItemView[]> {
  return (await readItems(proposals)).map((item) =>
    "method" in item ? requestView(bottle, item) : questionView(bottle, item),
  );
}

function requestView(bottle: string, proposal: Proposal): ItemView {
  const { id, method, scheme, authority, target, bytes, sha256, contentType, findings, rule, reason, asked } = proposal;
  const [path = "/"] = target.split("?");
  const host = authority.replace(/:\d+$/, "");
  return {
    ...{ id, bottle, kind: asked === undefined ? "request" : "access", title: `${method} ${authority}${target}` },
    seen: [
      rule === null ? `no rule allows it (${reason})` : `rule ${rule} asks each time`,
      bytes === 0
        ? "no body"
        : `body of ${bytes} bytes, ${contentType ?? "no content type"}, sha256 ${sha256.slice(0, 16)}`,
      ...proposal.credentials.map((name) => `adds the credential ${name}`),
    ],
    words: asked?.words ?? null,
    adds: [`+ ${scheme}://${authority} ${method} ${path}`],
    flags: findings,
    label: host.split(".").at(-1) ?? "",
    answers: ["once", "for", "bottle", "deny"],
    count: asked?.count ?? 1,
    createdAt: Date.parse(proposal.createdAt),
    expiresAt: Date.parse(proposal.expiresAt),
    review: null,
  };
}

function questionView(bottle: string, question: Question): ItemView {
  const { id, kind, words, evidence, count, createdAt, expiresAt } = question;
  const agents = kind !== "budget";
  return {
    ...{ id, bottle, kind, title: agents ? `asks "${words}"` : words },
    seen: evidence,
    words: agents ? words : null,
    adds: [],
    flags: [],
    label: "",
    answers: ["once", "deny"],
    count,
    createdAt: Date.parse(createdAt),
    expiresAt: expiresAt === null ? null : Date.parse(expiresAt),
    review: null,
  };
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

interface Said {
  readonly mark: Mark;
  readonly what: string;
  readonly source: string;
  readonly since: number;
}

/** What a bottle does, and who says so. `core/activity` will judge the same facts: its answer is mapped here. */
function activityOf(record: BottleRecord, state: string, activity: ActivityFile | null): Said {
  const ended = Date.parse(record.endedAt ?? record.createdAt);
  const byRecord = (mark: Mark, what: string): Said => ({ mark, what, source: "the record", since: ended });
  switch (state) {
    case "creating":
      return byRecord("*", "is being made");
    case "lost":
      return byRecord("x", `its host process was killed: bottle recover ${record.name}`);
    case "failed":
      return byRecord("x", "its start failed");
    case "exited": {
      if (record.endReason !== undefined) return byRecord("x", `ended: ${record.endReason}`);
      if (record.exitCode === null) return byRecord("x", "ended, nobody saw how");
      return record.exitCode === 0 ? byRecord("#", "exit 0") : byRecord("x", `exit ${record.exitCode}`);
    }
  }
  const created = Date.parse(record.createdAt);
  if (activity === null) return { mark: "~", what: "runs", source: "nobody says what it does", since: created };
  const { openModelRequests, modelSince, hook, status } = activity;
  if (openModelRequests > 0) {
    const since = modelSince === null ? created : Date.parse(modelSince);
    return { mark: "*", what: hook?.what || status?.what || "model request open", source: "the gateway", since };
  }
  const word = hook ?? status;
  if (word === null) return { mark: "~", what: "runs", source: "nobody says what it does", since: created };
  const source = hook === null ? "the agent, by supervise" : "the agent's hook";
  return { mark: MARKS[word.state] ?? "~", what: word.what, source, since: Date.parse(word.at) };
}

/** null where there is none, or none that this version writes. */
async function readActivity(path: string): Promise<ActivityFile | null> {
  const file = await readTextFile(path, { maxBytes: 64 << 10, followLinks: false });
  if (file.kind !== "text") return null;
  try {
    const value = JSON.parse(file.text) as Partial<ActivityFile> | null;
    const whole = value?.schema === 1 && typeof value.openModelRequests === "number" && typeof value.usage === "object";
    return whole ? (value as ActivityFile) : null;
  } catch {
    return null;
  }
}
