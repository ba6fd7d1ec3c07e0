import type { Item } from "../core/inbox/item.ts";
import { BottleError } from "../core/model/errors.ts";
import type { AnswerScope } from "../core/model/grant.ts";
import { printable } from "../core/wire/printable.ts";
import { LONGEST_GRANT_MS } from "../session/control-allow.ts";
import { findWaiting } from "../session/waiting.ts";
import { acceptance, reviewOf, sendYes, showItem, surface, tell } from "./answer.ts";
import { requestId } from "./approvals.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbInput, type VerbRun } from "./verb.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** For access that was asked for without a word how long. */
const HOUR_MS = 3_600_000;

/** `bottle allow`: a yes to what waits, bound to what was shown, and what else that covers. */
export const allow: VerbRun = async (input, io) => {
  const id = requestId(input.positionals);
  const wanted = scopeOf(input);
  const context = sessionContext(io);
  const item = await findWaiting(id, context);
  const review = reviewOf(item, input, io);
  const { scope, forMs } = wanted ?? scopeFor(item);
  showItem(item, item.flags, scope, io);
  const accepted = await acceptance(item, item.flags, item.request?.authority ?? "", input, io);
  const entry =
    scope === "persist" && accepted !== null && item.request !== null
      ? await (await import("./persisted.ts")).persistence(
          { bottle: item.bottle, proposal: item.request, reach: null },
          flag(input, "yes"),
          io,
          context,
        )
      : null;
  if (accepted === null || entry?.refused === true) {
    io.say(`nothing was answered: ${id} still waits`);
    return 2;
  }
  const words = text(input, "words")?.slice(0, LONGEST_WORDS) ?? null;
  const report = await sendYes(item, { scope, forMs, review, accepted, words, as: surface(input) }, io, context);
  // Only now: of two operators the second writes nothing.
  await entry?.write();
  tell("allowed", item.bottle, report, text(input, "format") === "json", io);
  return 0;
};

/** For an agent: more is a task of its own. */
export const LONGEST_WORDS = 2000;

function scopeFor({ kind }: Item): { readonly scope: AnswerScope; readonly forMs: number | null } {
  return kind === "access" ? { scope: "for", forMs: HOUR_MS } : { scope: "once", forMs: null };
}

/** null: the command line does not say. */
function scopeOf(input: VerbInput): { readonly scope: AnswerScope; readonly forMs: number | null } | null {
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
  const [scope] = given;
  return scope === undefined ? null : { scope, forMs: time === undefined ? null : milliseconds(time) };
}

/** A time such as 30m. Errors: USAGE. */
export function milliseconds(time: string): number {
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([smh])$/.exec(time) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0 && ms <= LONGEST_GRANT_MS) return ms;
  throw new BottleError("USAGE", `--for takes a time such as 30m or 1h, up to 24h, not ${printable(time, 40)}`, {
    hint: "--bottle lasts as long as the bottle runs",
  });
}
