import { FLAG_CODES, type Flag, lastLabel, unaccepted } from "../core/inbox/flags.ts";
import type { Item } from "../core/inbox/item.ts";
import type { Reach } from "../core/inbox/reach.ts";
import { isReviewCode } from "../core/inbox/review.ts";
import { BottleError } from "../core/model/errors.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { type AllowRequest, type AnswerReport, SURFACES, type Surface } from "../session/approval-request.ts";
import type { SessionContext } from "../session/context.ts";
import { findItem } from "../session/inbox.ts";
import { askHost } from "../session/waiting.ts";
import type { Io } from "./io.ts";
import { folded, itemText, saidLines, terminalColumns } from "./item-text.ts";
import { askShown } from "./question.ts";
import { text, texts, type VerbInput } from "./verb.ts";

/** Shows what a yes is about to allow, on stderr: stdout is for what came of it. */
export function showItem({ id, title, adds, words }: Item, flags: readonly Flag[], scope: string, io: Io): void {
  const rule = scope === "once" ? [] : adds.map((line) => `  ${line}`);
  const risks = flags.map(({ code, text: why }) => `  ! ${code}: ${why}`);
  const lines = [`${id}: ${title}`, ...saidLines(words), ...rule, ...risks];
  for (const line of lines.flatMap((one) => folded(one, terminalColumns()))) io.say(line);
}

/** The item is what `--review` says was seen. Errors: USAGE, APPROVAL_CHANGED, after it was shown as it is now. */
export function reviewOf(item: Item, input: VerbInput, io: Io): string {
  const given = text(input, "review");
  if (given === undefined || given === item.review) return item.review;
  if (!isReviewCode(given)) {
    throw new BottleError("USAGE", `--review takes the code of an item, 12 hex digits, not ${printable(given, 40)}`, {
      hint: "bottle approvals shows it",
    });
  }
  showChanged(item, io);
  throw changed(item);
}

function showChanged(item: Item, io: Io): void {
  io.say(`changed meanwhile; this is it now:\n${itemText(item).trimEnd()}`);
}

function changed({ id, review }: Item): BottleError {
  return new BottleError("APPROVAL_CHANGED", `${id} is not what was shown any more, and was not answered`, {
    hint: `the same command once more answers what is shown above; with --review ${review} nothing else`,
  });
}

/**
 * The flags that this yes accepts: those of --accept, and on a terminal all, when the last label of the host is typed.
 * null: the operator did not type it. Errors: USAGE where nobody can be asked.
 */
export async function acceptance(
  item: Item,
  flags: readonly Flag[],
  authority: string,
  input: VerbInput,
  io: Io,
): Promise<readonly string[] | null> {
  const given = texts(input, "accept")
    .flatMap((list) => list.split(","))
    .filter((code) => code !== "");
  const unknown = given.find((code) => !FLAG_CODES.some((known) => known === code));
  if (unknown !== undefined) {
    throw new BottleError("USAGE", `no flag is called ${printable(unknown, 40)}`, {
      hint: `flags: ${FLAG_CODES.join(" ")}`,
    });
  }
  const missing = unaccepted(flags, given);
  if (missing.length === 0) return given;
  if (!io.interactive) {
    const codes = missing.map(({ code }) => code).join(",");
    throw new BottleError(
      "USAGE",
      `${item.id} has flags: ${missing.map(({ text: why }) => printable(why)).join("; ")}`,
      {
        hint: `nobody can be asked here: look at it, then add --accept ${codes}`,
      },
    );
  }
  const label = lastLabel(authority);
  const typed = await askShown(`Type ${printable(label)} to allow it all the same:`, io.signal);
  return typed?.trim() === label ? [...given, ...missing.map(({ code }) => code)] : null;
}

/** A yes, sent to the host process. What changed in the last moment is shown again. Errors: those of the host process. */
export async function sendYes(
  item: Item,
  request: Omit<AllowRequest, "do" | "id">,
  io: Io,
  context: SessionContext,
): Promise<AnswerReport> {
  try {
    return (await askHost(item.bottle, { do: "allow", id: item.id, ...request }, context)) as AnswerReport;
  } catch (error) {
    const now =
      error instanceof BottleError && error.code === "APPROVAL_CHANGED" ? await findItem(item.id, context) : null;
    if (now === null) throw error;
    showChanged(now, io);
    throw changed(now);
  }
}

/** Where the operator sits; the dashboard says it for itself. */
export function surface(input: VerbInput): Surface {
  return SURFACES.find((known) => known === text(input, "as")) ?? "cli";
}

/** What a changed rule says in place of another one, as a diff. */
export function reachDiff(before: Reach, after: Reach): readonly string[] {
  const line = ({ method, scheme, authority, path }: Reach) => `${method} ${scheme}://${authority}${path}`;
  return [`- ${line(before)}`, `+ ${line(after)}`];
}

/** What came of an answer, for people or programs. */
export function tell(word: "allowed" | "denied", bottle: string, report: AnswerReport, json: boolean, io: Io): void {
  if (json) {
    io.out(`${printableJson({ bottle, verdict: word, ...report }, 2)}\n`);
    return;
  }
  const { id, proposal, settled, waits, others, grant, covers, version } = report;
  const came = waits
    ? ["the request that asked is not covered by it, and waits on"]
    : settled === 1 || proposal?.asked !== undefined
      ? []
      : [settled === 0 ? "its client had left" : `${settled} identical requests waited`];
  const lines = [
    `${word} ${id} of ${bottle}, policy version ${version}`,
    proposal === null ? covers : `covers ${covers}`,
    ...(grant === null ? [] : [`${lasting(grant)}; bottle grants --revoke ${grant.id} ends it`]),
    ...came,
    ...(others.length === 0 ? [] : [`not covered, and still waiting: ${others.join(" ")}`]),
  ];
  io.out(lines.map((line) => `${printable(line)}\n`).join(""));
}

function lasting({ scope, expiresAt }: NonNullable<AnswerReport["grant"]>): string {
  if (expiresAt !== null) return `until ${new Date(expiresAt).toISOString()}`;
  return scope === "persist" ? "while this bottle runs, and for later ones" : "while this bottle runs";
}
