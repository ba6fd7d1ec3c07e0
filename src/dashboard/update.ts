import { actionOf } from "../core/model/dashboard-keys.ts";
import { EGRESS_LINES } from "./egress-rate.ts";
import type { DashboardEvent, Step } from "./events.ts";
import { say } from "./events.ts";
import { geometryOf } from "./geometry.ts";
import type { Model } from "./model.ts";
import { bottleOf, cardItem, inView, isDue, merged, settled } from "./rows.ts";
import { cardKey } from "./update/card-keys.ts";
import { formKey, formPaste, withChoices } from "./update/form-keys.ts";
import { listKey } from "./update/list-keys.ts";
import { notices } from "./update/notices.ts";
import { pageKey, withLines } from "./update/page-keys.ts";
import { pointed } from "./update/pointer.ts";
import { promptKey, promptPaste } from "./update/prompt-keys.ts";
import { dueRemovals } from "./update/removals.ts";
import { afterRun } from "./update/results.ts";
import { showsWhole } from "./view.ts";

const REFRESH_MS = 2000;

/** PURE: what an event makes of the model, and what is to be done about it. */
export function update(model: Model, event: DashboardEvent): Step {
  const [next, effects] = step(model, event);
  const shown = withCard(next);
  // The peek follows the cursor.
  const follows = shown.cursor !== model.cursor && shown.cursor !== null && shown.page === null;
  return [shown, follows ? [...effects, { do: "peek", bottle: shown.cursor }] : effects];
}

function step(model: Model, event: DashboardEvent): Step {
  switch (event.type) {
    case "key":
      return pressed({ ...model, now: Math.max(model.now, event.at) }, event.key, event.at);
    case "pointer":
      return pointed({ ...model, now: Math.max(model.now, event.at) }, event.report, event.at);
    case "paste": {
      const now = { ...model, keyAt: event.at };
      // What is pasted is text, and never a key: in a list it would be dozens of commands.
      if (model.prompt !== null) return [promptPaste(now, event.text), []];
      if (model.form !== null) return [formPaste(now, event.text), []];
      return [say(now, "nothing is typed into here: what was pasted is left out"), []];
    }
    case "snapshot": {
      const next = merged({ ...model, snapshot: event.snapshot, now: event.at }, event.at);
      // Of one that went, or whose name is another one's by now, nothing is removed.
      const removals = next.removals.filter(({ name, run }) => bottleOf(next, name)?.run === run);
      return notices(inViewIfNew(model, { ...next, removals }));
    }
    case "tick": {
      const now = { ...model, now: event.at };
      const [next, effects] = dueRemovals(isDue(now) ? settled(now) : now);
      const [told, more] = notices(next);
      const [fresh, reads] = refreshed(told);
      return [fresh, [...effects, ...more, ...reads]];
    }
    case "size":
      return [inView({ ...model, columns: event.columns, rows: event.rows }), []];
    case "ran":
      return afterRun(model, event);
    case "said":
      return [say(model, event.text, event.bad), []];
    case "page":
      return [withLines(model, event.kind, event.bottle, event.lines), []];
    case "peek":
      return [{ ...model, peek: { bottle: event.bottle, lines: event.lines } }, []];
    case "egress":
      return [{ ...model, egress: [...model.egress, ...event.lines].slice(-EGRESS_LINES) }, []];
    case "choices":
      return [withChoices(model, event.agents, event.bottles), []];
  }
}

/** What an agent prints is read again now and then, where it is shown. */
function refreshed(model: Model): Step {
  const { page, cursor, now, refreshedAt } = model;
  if (now - refreshedAt < REFRESH_MS) return [model, []];
  const next = { ...model, refreshedAt: now };
  if (page?.kind === "log") return [next, page.loading ? [] : [{ do: "load", kind: "log", bottle: page.bottle }]];
  const shows = page === null && model.form === null && geometryOf(model).cardRows > 0;
  return [next, shows && cursor !== null ? [{ do: "peek", bottle: cursor }] : []];
}

/** The first list is put on the screen from its top. */
function inViewIfNew(before: Model, next: Model): Model {
  return before.list === null ? inView(next) : next;
}

function pressed(model: Model, key: string, at: number): Step {
  // One that is typed into a line or a form is text there.
  const typing = model.prompt !== null || model.form !== null;
  const action = actionOf(model.keys, "list", key);
  if ((action === "redraw" || action === "suspend") && !(typing && [...key].length === 1))
    return [model, [{ do: action }]];
  // The order settles with a key, but not under one that acts on what is there.
  const pointer = { ...model.pointer, skip: false };
  const heard = { ...model, keyAt: at, said: null, pointer };
  if (model.prompt !== null) return promptKey(heard, model.prompt, key);
  if (model.form !== null) return formKey(heard, model.form, key);
  if (model.page !== null) return pageKey(heard, model.page, key);
  if (model.focus === "card") return cardKey(heard, key);
  const [next, effects] = listKey(heard, key);
  return [next.unsettledAt === null ? next : settled(next), effects];
}

/** Since when the card shows what it shows. */
function withCard(model: Model): Model {
  const item = cardItem(model);
  const key =
    item === null ? null : JSON.stringify([item.bottle, item.id, item.review, item.title, item.adds, model.focus]);
  if (key === null) return model.card === null ? model : { ...model, card: null };
  const before = model.card?.key === key ? model.card : null;
  if (before?.read === true) return model;
  const read = model.page?.kind === "item" || showsWhole(model);
  if (before !== null && !read) return model;
  return { ...model, card: { key, at: before?.at ?? model.now, read } };
}
