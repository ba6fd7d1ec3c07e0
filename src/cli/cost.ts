import { BottleError } from "../core/model/errors.ts";
import { tokensOf } from "../core/usage/totals.ts";
import { printable } from "../core/wire/printable.ts";
import { type CostGroup, type CostLine, usageHistory } from "../state/usage-history.ts";
import { sessionContext } from "./session-context.ts";
import { table } from "./table.ts";
import { costText, tokenCount } from "./usage-text.ts";
import { text, type VerbInput, type VerbRun } from "./verb.ts";

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const TITLES: Readonly<Record<CostGroup, string>> = { bottle: "BOTTLE", agent: "AGENT", model: "MODEL", day: "DAY" };

/** `bottle cost`: what models used and cost, by what their answers said. */
export const cost: VerbRun = async (input, io) => {
  const { layout } = sessionContext(io);
  const by = (text(input, "by") ?? "bottle") as CostGroup;
  const since = sinceOf(input, new Date());
  const { lines, total, unknown } = await usageHistory(layout, { names: input.positionals, since, by });
  if (unknown.length > 0) {
    throw new BottleError("BOTTLE_NOT_FOUND", `no bottle is called ${unknown.join(" or ")}, and no removed one was`, {
      hint: "bottle ls shows all that are there",
    });
  }
  if (text(input, "format") === "json") {
    io.out(
      `${JSON.stringify({ since: since === null ? null : new Date(since).toISOString(), by, lines, total }, null, 2)}\n`,
    );
    return 0;
  }
  const row = (name: string, { usage }: Pick<CostLine, "usage">) => [
    name,
    String(usage.requests),
    tokenCount(usage.inputTokens),
    tokenCount(usage.outputTokens),
    tokenCount(usage.cacheReadTokens),
    tokenCount(usage.cacheWriteTokens),
    costText(usage),
  ];
  const rows = lines.map((line) => row(line.key === null ? "unknown" : printable(line.key, 60), line));
  const sum = lines.length > 1 ? [row("total", { usage: total })] : [];
  io.out(table([TITLES[by], "REQUESTS", "IN", "OUT", "CACHED", "TO CACHE", "COST"], [...rows, ...sum]));
  if (total.unknown > 0)
    io.say(`bottle: ${total.unknown} answers did not say all that they used: it was more than this`);
  if (total.unpriced > 0) {
    io.say(
      `bottle: ${total.unpriced} answers are of models without a known price (prices in your manifest): it cost more`,
    );
  }
  if (total.requests > 0 && tokensOf(total) === 0) io.say("bottle: nothing is known of what was used");
  return 0;
};

/** From when on; `today` begins at midnight of this machine's clock. */
function sinceOf(input: VerbInput, now: Date): number | null {
  const word = text(input, "since");
  if (word === undefined) return null;
  if (word === "today") return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const [, count = "", unit = ""] = /^([1-9]\d{0,4})([mhd])$/.exec(word) ?? [];
  if (UNITS[unit] !== undefined) return now.getTime() - Number(count) * UNITS[unit];
  const time = /^\d{4}-\d\d-\d\d(?:T|$)/.test(word) ? Date.parse(word) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new BottleError("USAGE", `--since takes today, 24h, 7d or a date, not ${printable(word, 40)}`, {
    hint: "e.g. bottle cost --since 7d --by day",
  });
}
