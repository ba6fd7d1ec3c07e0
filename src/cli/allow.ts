import { BottleError } from "../core/model/errors.ts";
import type { AnswerScope } from "../core/model/grant.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import type { AnswerReport } from "../session/approvals.ts";
import { LONGEST_GRANT_MS } from "../session/control.ts";
import { askHost, findWaiting } from "../session/waiting.ts";
import { requestId } from "./approvals.ts";
import type { Io } from "./io.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** `bottle allow`: lets a request go that waits, and says what else that covers. */
export const allow: VerbRun = async (input, io) => {
  const id = requestId(input.positionals);
  const { scope, forMs } = scopeOf(input);
  const context = sessionContext(io);
  const waiting = await findWaiting(id, context);
  const entry =
    scope === "persist"
      ? await (await import("./persisted.ts")).persistence(waiting, flag(input, "yes"), io, context)
      : null;
  if (entry?.refused === true) {
    io.say(`nothing was answered: ${id} still waits`);
    return 2;
  }
  const report = (await askHost(waiting.bottle, { do: "allow", id, scope, forMs }, context)) as AnswerReport;
  // Only now: of two operators the second writes nothing.
  await entry?.write();
  tell("allowed", waiting.bottle, report, text(input, "format") === "json", io);
  return 0;
};

function scopeOf(input: VerbInput): { readonly scope: AnswerScope; readonly forMs: number | null } {
  const time = text(input, "for");
  const given: AnswerScope[] = [
    ...(flag(input, "once") ? (["once"] as const) : []),
    ...(time === undefined ? [] : (["for"] as const)),
    ...(flag(input, "bottle") ? (["bottle"] as const) : []),
    ...(flag(input, "persist") ? (["persist"] as const) : []),
  ];
  if (given.length > 1) {
    throw new BottleError("USAGE", `--${given.join(" and --")} are answers of their own`, { hint: "give one of them" });
  }
  return { scope: given[0] ?? "once", forMs: time === undefined ? null : milliseconds(time) };
}

function milliseconds(time: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([smh])$/.exec(time) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0 && ms <= LONGEST_GRANT_MS) return ms;
  throw new BottleError("USAGE", `--for takes a time such as 30m or 1h, up to 24h, not ${printable(time, 40)}`, {
    hint: "--bottle lasts as long as the bottle runs",
  });
}

/** What came of an answer, for people or programs. */
export function tell(word: "allowed" | "denied", bottle: string, report: AnswerReport, json: boolean, io: Io): void {
  if (json) {
    io.out(`${printableJson({ bottle, verdict: word, ...report }, 2)}\n`);
    return;
  }
  const { proposal, settled, others, grant, covers, version } = report;
  const lines = [
    `${word} ${proposal.id} of ${bottle}, policy version ${version}`,
    `covers ${covers}`,
    ...(grant === null ? [] : [`${lasting(grant)}; bottle grants --revoke ${grant.id} ends it`]),
    ...(settled === 1 ? [] : [settled === 0 ? "its client had left" : `${settled} identical requests waited`]),
    ...(others.length === 0 ? [] : [`not covered, and still waiting: ${others.join(" ")}`]),
  ];
  io.out(lines.map((line) => `${printable(line)}\n`).join(""));
}

function lasting({ scope, expiresAt }: NonNullable<AnswerReport["grant"]>): string {
  if (expiresAt !== null) return `until ${new Date(expiresAt).toISOString()}`;
  return scope === "persist" ? "while this bottle runs, and for later ones" : "while this bottle runs";
}
