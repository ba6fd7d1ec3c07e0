import { setTimeout as delay } from "node:timers/promises";
import { readBottleActivity } from "../session/bottle-activity.ts";
import type { SessionContext } from "../session/context.ts";
import { listItems } from "../session/inbox.ts";
import { listBottles } from "../state/records.ts";
import { stateText } from "./agent-state.ts";
import type { Io } from "./io.ts";
import { hasLabels } from "./label-words.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { age, table } from "./table.ts";
import { costText } from "./usage-text.ts";
import { flag, text, texts, type VerbInput, type VerbRun } from "./verb.ts";

/** One line of the list; every text in it is the operator's or a plain name. */
type Row = Awaited<ReturnType<typeof listed>>[number];

/** No event crosses processes when a bottle begins, asks or ends: the records are looked at. */
const LOOK_MS = 500;
/** To the first line and column; from there to the end of the screen (ECMA-48, CUP and ED). */
const HOME = "\u001b[H";
const CLEAR_BELOW = "\u001b[J";
const CLEAR_LINE = "\u001b[K";
const BELL = "\u0007";

/** `bottle ls`: the records, corrected by what really runs; with --watch again at every change. */
export const ls: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  if (flag(input, "watch")) return watch(input, io, context);
  const rows = await listed(input, context, false);
  if (text(input, "format") === "json") io.out(`${JSON.stringify(rows, null, 2)}\n`);
  else io.out(tableOf(rows));
  for (const { name, problem } of rows) {
    if (problem !== null) io.say(`bottle: ${name}: its record ${problem}; bottle rm --force ${name} removes it`);
  }
  return 0;
};

/** Until a signal comes or nobody reads any more. On a terminal in place, elsewhere one list after the other. */
async function watch(input: VerbInput, io: Io, context: SessionContext): Promise<number> {
  const json = text(input, "format") === "json";
  const inPlace = io.stdoutIsTerminal && !json;
  let before = "";
  let asking = 0;
  if (inPlace) io.out(`${HOME}${CLEAR_BELOW}`);
  while (!io.signal.aborted && !readerGone()) {
    const rows = await listed(input, context, true);
    const line = `${JSON.stringify(rows)}\n`;
    const now = json ? line : tableOf(rows);
    const asks = rows.filter(({ waiting }) => waiting > 0).length;
    // Ages tick where they are painted over; elsewhere they are no news.
    const seen = inPlace ? now : line;
    if (seen !== before) {
      const bell = inPlace && asks > asking ? BELL : "";
      const lines = inPlace ? `${HOME}${now.replaceAll("\n", `${CLEAR_LINE}\n`)}${CLEAR_BELOW}${bell}` : now;
      if (!(await writePaced(lines))) return 0;
      before = seen;
    }
    asking = asks;
    await delay(LOOK_MS, undefined, { signal: io.signal }).catch(() => undefined);
  }
  return 0;
}

async function listed(input: VerbInput, context: SessionContext, watching: boolean) {
  const asked = texts(input, "label");
  const waiting = watching ? (await listItems(context)).filter(({ need }) => need === "answer") : [];
  const bottles = (await listBottles(context.layout)).filter(
    ({ state, record }) => (!flag(input, "running") || state === "running") && hasLabels(record?.labels ?? {}, asked),
  );
  const known = await Promise.all(bottles.map((bottle) => readBottleActivity(context.layout, bottle)));
  return bottles.map(({ name, record, state, problem }, index) => ({
    name,
    state,
    problem,
    agent: record?.agent ?? null,
    backend: record?.backend ?? null,
    createdAt: record?.createdAt ?? null,
    endedAt: record?.endedAt ?? null,
    exitCode: record?.exitCode ?? null,
    endReason: record?.endReason ?? null,
    detached: record?.detached === true,
    /** May `bottle attach` come to it? */
    attachable: record?.terminal === "held" && state === "running",
    workspace: record?.workspace ?? null,
    labels: record?.labels ?? {},
    activity: known[index]?.activity ?? null,
    usage: known[index]?.usage ?? null,
    waiting: waiting.filter(({ bottle }) => bottle === name).length,
  }));
}

/** The agent's own state while it runs; one that nobody knows is only that it runs. */
function stateOf({ state, activity, waiting }: Row): string {
  const known = state === "running" && activity !== null && activity.state !== "unknown";
  const word = known ? stateText(activity) : state;
  return waiting === 0 || word === "needs you" ? word : `${word}, asks`;
}

function tableOf(rows: readonly Row[]): string {
  const now = Date.now();
  const since = (time: string | null) => (time === null ? "-" : age(now - Date.parse(time)));
  return table(
    ["NAME", "AGENT", "BACKEND", "STATE", "EXIT", "COST", "AGE", "WORKSPACE"],
    rows.map((row) => [
      row.name,
      row.agent ?? "-",
      row.backend ?? "-",
      stateOf(row),
      row.exitCode === null ? "-" : String(row.exitCode),
      row.usage === null ? "-" : costText(row.usage),
      since(row.createdAt),
      row.workspace === null ? "-" : `${row.workspace.host}${row.workspace.mode === "bind" ? " (bind)" : ""}`,
    ]),
  );
}
