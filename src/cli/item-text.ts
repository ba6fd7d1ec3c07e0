import type { Item } from "../core/inbox/item.ts";
import type { Proposal } from "../core/model/proposal.ts";
import { printable, printableJson } from "../core/wire/printable.ts";
import { width } from "../dashboard/columns.ts";
import { age } from "./table.ts";

/** Lines of a body that are shown: many would push the request itself off the screen (attack row 132). */
const BODY_LINES = 12;
/** Of an agent's words. */
const WORD_LINES = 8;

/** One item for programs: what it is, and of a request the request itself, in one object. */
export function itemJson({ request, ...item }: Item, indent?: number): string {
  return printableJson({ ...request, ...item }, indent);
}

/** One item for people, a block of lines: what an agent wrote is marked, and escaped. */
export function itemText(item: Item, now = Date.now(), columns = terminalColumns()): string {
  return (item.need === "answer" ? waitingLines(item, now) : happenedLines(item, now))
    .flatMap((line) => folded(line, columns))
    .map((line) => `${line}\n`)
    .join("");
}

/** Of the terminal that is written to; there is no end to a line elsewhere. */
export function terminalColumns(): number {
  return process.stdout.columns || process.stderr.columns || Number.POSITIVE_INFINITY;
}

/** Of a narrower terminal nothing could be read. */
const NARROWEST = 20;

/**
 * A line for the terminal in pieces that fit, each marked as the first: a terminal that breaks a line itself shows its
 * end as another one, and what an agent says could stand there as if we had said it. A method and a URL are
 * not taken for one of ours, and stay whole, to be copied.
 */
export function folded(line: string, columns: number): readonly string[] {
  const text = printable(line);
  const [quote] = /^ {2}[>|] /.exec(text) ?? [];
  if (columns < NARROWEST || width(text) <= columns) return [text];
  if (quote === undefined && !/\S\s+\S+\s+\S/.test(text)) return [text];
  const mark = quote ?? "      ";
  const pieces: string[] = [];
  let piece = "";
  let used = 0;
  for (const character of text) {
    const size = width(character);
    if (used + size > columns) {
      // Our own words are not broken within one: a command is to be copied.
      const at = quote === undefined ? piece.lastIndexOf(" ") + 1 : 0;
      const kept = at > mark.length ? at : piece.length;
      pieces.push(piece.slice(0, kept).trimEnd());
      piece = `${mark}${piece.slice(kept)}`;
      used = width(piece);
    }
    piece += character;
    used += size;
  }
  return [...pieces, piece];
}

/** An agent's words, marked as such. */
export function saidLines(words: string | null): readonly string[] {
  const said = words?.split("\n") ?? [];
  return [
    ...(said.length === 0 ? [] : ["  the agent says, and nobody checked it:"]),
    ...said.slice(0, WORD_LINES).map((line) => `  > ${line}`),
    ...(said.length > WORD_LINES ? [`  (${said.length - WORD_LINES} more lines: bottle approvals --format json)`] : []),
  ];
}

function waitingLines(item: Item, now: number): readonly string[] {
  const { id, bottle, kind, title, seen, words, adds, flags, request, count, expiresAt, review } = item;
  const left = expiresAt === null ? "" : `  ${Math.max(0, Math.round((Date.parse(expiresAt) - now) / 1000))} s left`;
  return [
    `${id}  ${bottle}  ${kind}${left}`,
    `  ${title}`,
    ...(count > 1 ? [`  asked ${count} times`] : []),
    ...seen.map((line) => `  ${line.startsWith("found: ") ? `! ${line.slice("found: ".length)}` : line}`),
    ...(request === null ? [] : excerptLines(request)),
    ...saidLines(words),
    ...adds.map((line) => `  ${line}`),
    ...flags.map(({ code, text }) => `  ! ${code}: ${text}`),
    `  ${answersLine(item)}    review ${review}`,
  ];
}

function happenedLines({ id, bottle, kind, title, createdAt, command, answers }: Item, now: number): readonly string[] {
  const next = [
    ...(command === null ? [] : [command]),
    ...(answers.includes("dismiss") ? [`bottle dismiss ${id}`] : []),
  ];
  return [
    `${id}  ${bottle}  ${kind}  ${age(now - Date.parse(createdAt))} ago`,
    `  ${title}`,
    ...(next.length === 0 ? [] : [`  ${next.join("    ")}`]),
  ];
}

function answersLine({ id, kind }: Item): string {
  const yes = kind === "access" ? ` ${id} --for 1h` : ` ${id}`;
  const words = kind === "capability" || kind === "review" ? " --words TEXT" : "";
  return `bottle allow${yes}${words}    bottle deny ${id}`;
}

/** The beginning of a body, and that it is only the beginning. */
function excerptLines({ excerpt, excerptBytes, bytes }: Proposal): readonly string[] {
  const all = excerpt.split("\n").filter((line) => line !== "");
  const cut = [
    ...(excerptBytes < bytes ? [`its other ${bytes - excerptBytes} bytes are not shown`] : []),
    ...(all.length > BODY_LINES ? [`${all.length - BODY_LINES} more lines with --format json`] : []),
  ];
  return [
    ...all.slice(0, BODY_LINES).map((line) => `  | ${line}`),
    ...(cut.length === 0 ? [] : [`  (${cut.join("; ")})`]),
  ];
}

/** The whole inbox: what waits, then what happened. */
export function inboxText(items: readonly Item[], now = Date.now()): string {
  const waiting = items.filter(({ need }) => need === "answer");
  const happened = items.filter(({ need }) => need === "look");
  const block = (heading: string, list: readonly Item[]) =>
    list.length === 0 ? [] : [`${heading} (${list.length})\n`, ...list.map((item) => itemText(item, now))];
  // One heading over all would say nothing.
  if (happened.length === 0) return waiting.map((item) => itemText(item, now)).join("\n");
  return [...block("waits for your answer", waiting), ...block("happened, not seen", happened)].join("\n");
}
