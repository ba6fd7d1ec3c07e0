import type { Item } from "../core/inbox/item.ts";
import { BottleError } from "../core/model/errors.ts";
import { printable } from "../core/wire/printable.ts";
import { width } from "../dashboard/columns.ts";
import type { SessionContext } from "../session/context.ts";
import { dismiss, listItems } from "../session/inbox.ts";
import { running } from "../session/waiting.ts";
import type { Io } from "./io.ts";
import { inboxText, itemJson, itemText } from "./item-text.ts";
import { readerGone, writePaced } from "./paced-output.ts";
import { sessionContext } from "./session-context.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** No event crosses processes when something new waits: the folders are looked at. */
const LOOK_MS = 250;

/** `bottle approvals`: the operator's inbox; with --watch each as it comes, on a terminal all of it in place. */
export const approvals: VerbRun = async (input, io) => {
  const context = sessionContext(io);
  const [name = null] = input.positionals;
  const json = text(input, "format") === "json";
  if (flag(input, "watch") || flag(input, "follow")) {
    return io.stdoutIsTerminal && !json ? repaint(name, context, io) : follow(name, json, context);
  }
  const items = await listItems(context, name);
  if (json) io.out(`[${items.map((item) => `\n${itemJson(item, 2)}`).join(",")}${items.length === 0 ? "" : "\n"}]\n`);
  else if (items.length === 0) io.say("nothing waits for an answer");
  else io.out(inboxText(items));
  if (flag(input, "seen")) await seen(items, context, io);
  return 0;
};

async function seen(items: readonly Item[], context: SessionContext, io: Io): Promise<void> {
  let count = 0;
  for (const { id, answers } of items) {
    if (answers.includes("dismiss")) count += (await dismiss(id, context)).length;
  }
  io.say(`${count} ${count === 1 ? "incident" : "incidents"} dismissed`);
}

/** Each item as it comes, until nobody wants it any more, and of one bottle until that has ended. */
async function follow(name: string | null, json: boolean, context: SessionContext): Promise<number> {
  let known = new Set<string>();
  while (!context.signal.aborted && !readerGone()) {
    const items = await listItems(context, name);
    for (const item of items.filter(({ id }) => !known.has(id))) {
      if (!(await writePaced(json ? `${itemJson(item)}\n` : `${itemText(item)}\n`))) return 0;
    }
    known = new Set(items.map(({ id }) => id));
    if (await isOver(name, context)) return 0;
    await pause(context.signal);
  }
  return 0;
}

const HOME_AND_CLEAR = "\x1b[H\x1b[J";

/** The inbox as it is now, again and again in the same place; the bell rings for what is new. */
async function repaint(name: string | null, context: SessionContext, io: Io): Promise<number> {
  let known: ReadonlySet<string> | null = null;
  let shown = "";
  let first = true;
  while (!io.signal.aborted && !readerGone()) {
    const items = await listItems(context, name);
    const picture = cut(items.length === 0 ? "nothing waits for an answer\n" : inboxText(items));
    const before = known;
    // The operator's own terminal, which no agent shares: here a bell disturbs nobody.
    const bell = before !== null && items.some(({ id }) => !before.has(id)) ? "\x07" : "";
    if (first) io.out("\x1b[2J");
    if (picture !== shown && !(await writePaced(`${HOME_AND_CLEAR}${picture}${bell}`))) return 0;
    first = false;
    shown = picture;
    known = new Set(items.map(({ id }) => id));
    if (await isOver(name, context)) return 0;
    await pause(io.signal);
  }
  return 0;
}

/** What fits on the screen: a picture that scrolls is not painted in place. */
function cut(picture: string): string {
  const { rows = 24, columns = 80 } = process.stdout;
  const kept: string[] = [];
  let used = 1;
  for (const line of picture.split("\n")) {
    used += Math.max(1, Math.ceil(width(line) / columns));
    if (used > rows) return `${kept.slice(0, -1).join("\n")}\n(more: bottle approvals)\n`;
    kept.push(line);
  }
  return kept.join("\n");
}

async function isOver(name: string | null, context: SessionContext): Promise<boolean> {
  return name !== null && !(await running(context)).some((record) => record.name === name);
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The one positional of verbs about an item. Errors: USAGE. */
export function requestId([id = ""]: readonly string[]): string {
  if (/^[0-9a-z-]{1,64}$/.test(id)) return id;
  throw new BottleError("USAGE", `${printable(JSON.stringify(id), 80)} is not the id of a request`, {
    hint: "bottle approvals lists what waits, with its ids",
  });
}
