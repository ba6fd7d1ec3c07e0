import { BottleError } from "../core/model/errors.ts";
import { type GoOn, isLost, type Recovery, recoverBottle } from "../session/recovery.ts";
import { findBottle, type ListedBottle, listBottles, unreadable } from "../state/records.ts";
import type { Io } from "./io.ts";
import { report } from "./report.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle recover`: brings back bottles whose host process is gone, one after the other, and says what of each is lost. */
export const recover: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const all = flag(input, "all");
  if (all === input.positionals.length > 0) {
    throw new BottleError("USAGE", "recover takes the names of bottles, or --all", {
      hint: "bottle ls shows which are lost",
    });
  }
  const named = await Promise.all(input.positionals.map((name) => findBottle(context.layout, name)));
  const bottles = all ? (await listBottles(context.layout)).filter(isLost) : named;
  const goOn: GoOn | null = flag(input, "settle") ? null : (name) => resumeLost(name, io);
  const recoveries: Recovery[] = [];
  let worst = 0;
  for (const [index, bottle] of bottles.entries()) {
    if (context.signal.aborted) break;
    const refusal = refusalOf(bottle, input.positionals[index] ?? "", context.layout);
    if (refusal !== null) {
      worst = Math.max(worst, report(refusal, io));
      continue;
    }
    const recovery = await recoverBottle(bottle as Parameters<typeof recoverBottle>[0], context, goOn);
    recoveries.push(recovery);
    if (text(input, "format") !== "json") describe(recovery, io);
    if (recovery.problem !== null) worst = Math.max(worst, report(recovery.problem, io));
  }
  if (text(input, "format") === "json") io.out(`${JSON.stringify(recoveries.map(asJson), null, 2)}\n`);
  else if (all && recoveries.length === 0) io.say("no bottle is lost");
  return worst;
};

/** Whatever terminal it had is gone. */
async function resumeLost(name: string, io: Io): Promise<void> {
  const { resumeDetached } = await import("./detached.ts");
  await resumeDetached(name, io);
}

function refusalOf(
  bottle: ListedBottle | null | undefined,
  name: string,
  layout: Parameters<typeof unreadable>[0],
): BottleError | null {
  if (bottle == null) {
    return new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${name}`, { hint: "bottle ls shows all" });
  }
  if (bottle.record === null) return unreadable(layout, bottle);
  const { endedAt } = bottle.record;
  if (isLost(bottle)) return null;
  if (endedAt === null) {
    return new BottleError("BOTTLE_RUNNING", `${name} runs: its host process lives`, { hint: `bottle stop ${name}` });
  }
  return new BottleError("BOTTLE_NOT_RUNNING", `${name} has ended, and nothing of it has to be recovered`, {
    hint: `bottle resume ${name} lets its agent go on`,
  });
}

const OUTCOMES = {
  runs: "runs again",
  settled: "has ended now; what was left of it is removed",
  untouched: "is as it was",
} as const;

function describe({ name, outcome, lost, problem }: Recovery, io: Io): void {
  io.out(`${name}: ${OUTCOMES[outcome]}\n`);
  for (const what of lost) io.out(`  lost: ${what}\n`);
  if (outcome === "runs") io.out(`  bottle attach ${name}, or bottle logs -f ${name}\n`);
  if (outcome === "settled" && problem === null) io.out(`  to go on: bottle resume ${name} --continue\n`);
  if (outcome === "settled") io.out(`  its work is kept: bottle diff ${name}\n`);
}

function asJson({ name, outcome, lost, problem }: Recovery) {
  const error = problem === null ? null : { code: problem.code, message: problem.message, hint: problem.hint ?? null };
  return { name, outcome, lost, error };
}
