import type { Activity, AgentWord } from "../core/model/activity.ts";
import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { type BottleActivity, readBottleActivity } from "../session/bottle-activity.ts";
import type { SessionContext } from "../session/context.ts";
import { findBottle } from "../state/records.ts";
import { age } from "./table.ts";
import { costText, tokenCount } from "./usage-text.ts";

/** What a bottle's agent does, and by what that is known. Errors: BOTTLE_NOT_FOUND. */
export async function agentState(name: string, { layout }: SessionContext, json: boolean): Promise<string> {
  const listed = await findBottle(layout, name);
  if (listed === null) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}`, { hint: "bottle ls shows all" });
  }
  const now = Date.now();
  const found = await readBottleActivity(layout, listed, now);
  if (json) {
    const { activity, usage, file, waiting } = found;
    const sources = file === null ? null : { ...file, usage: undefined };
    return `${printableJson({ bottle: name, activity, usage, waiting: waiting.map(({ id }) => id), sources }, 2)}\n`;
  }
  return `${[...linesOf(name, found, now)].map((line) => printable(line)).join("\n")}\n`;
}

function* linesOf(name: string, { activity, usage, file, waiting }: BottleActivity, now: number): Generator<string> {
  const ago = (time: string) => `${age(now - Date.parse(time))} ago`;
  yield `${name} is ${stateText(activity)}${activity.what === "" ? "" : `: ${activity.what}`}`;
  yield `  by ${SOURCES[activity.source]}, since ${activity.since} (${ago(activity.since)})`;
  if (file !== null) {
    const { openModelRequests: open, modelSince } = file;
    const since = modelSince === null ? "none so far" : `${open} open, since ${ago(modelSince)}`;
    yield `  requests to models   ${since}`;
    yield `  its hooks            ${wordText(file.hook, ago)}`;
    yield `  its own report       ${wordText(file.status, ago)}`;
  }
  yield `  waits for you        ${waiting.length === 0 ? "nothing" : waiting.map(({ id }) => id).join(" ")}`;
  if (usage !== null && usage.requests > 0) {
    const tokens = `in ${tokenCount(usage.inputTokens)}, out ${tokenCount(usage.outputTokens)}, cached ${tokenCount(usage.cacheReadTokens)}`;
    yield `  used                 ${usage.requests} answers, ${tokens}, ${costText(usage)}`;
  }
}

function wordText(word: AgentWord | null, ago: (time: string) => string): string {
  if (word === null) return "nothing";
  return `${word.state}${word.what === "" ? "" : ` (${word.what})`}, ${ago(word.at)}`;
}

const SOURCES: Readonly<Record<Activity["source"], string>> = {
  inbox: "what waits for you",
  gateway: "its requests to models",
  process: "its process",
  hook: "its hooks, which are its own words",
  supervise: "its own report",
  none: "nothing",
};

/** A state as people say it. */
export function stateText({ state }: Activity): string {
  return state === "needs-you" ? "needs you" : state;
}
