import { actionOf, type KeyAction, keyOf } from "../../core/model/dashboard-keys.ts";
import { answerWords } from "../commands.ts";
import { type Step, say } from "../events.ts";
import { isQuestion } from "../items.ts";
import type { Answer, ItemView, Model } from "../model.ts";
import { bottleOf, cardItem, openItems } from "../rows.ts";
import { acts, answered } from "./acting.ts";
import { nextNeed } from "./needs.ts";
import { openPage } from "./page.ts";
import { openPrompt } from "./prompt.ts";
import { unread } from "./unread.ts";
import { zoomed } from "./views.ts";

/** What was just drawn was not read: an answer before that was meant for something else. */
const ARMED_MS = 400;

const ANSWERS: Readonly<Partial<Record<KeyAction, Answer>>> = { "allow-longer": "for", edit: "edit", deny: "deny" };

/** A key while the card has the focus. */
export function cardKey(model: Model, key: string): Step {
  const item = cardItem(model);
  const back = { ...model, focus: "list" as const, item: null };
  const action = actionOf(model.keys, "card", key);
  if (key === "ctrl-c") return [back, [{ do: "quit" }]];
  if (key === "esc") return [back, []];
  switch (action) {
    case "panel":
    case "back":
      return [back, []];
    case "next-need":
      return nextNeed(model);
    case "zoom":
      return [zoomed(model), []];
    case "help":
      return openPage(model, "help", null);
  }
  // It was answered elsewhere or its time is over: no key may fall through to the list, where it means something else.
  if (item === null) return [say(back, "it does not wait any more"), []];
  switch (action) {
    case null:
      return [key === "enter" ? say(model, `Enter answers nothing: ${answering(model)}`) : model, []];
    case "next-item":
    case "previous-item":
      return [{ ...model, item: neighbour(model, item, action === "next-item" ? 1 : -1) }, []];
    case "more":
      return openPage(model, "item", item.bottle);
    case "copy":
      return [say(model, `copied: ${item.id}`), [{ do: "copy", text: item.id }]];
    case "reply":
      if (!isQuestion(item)) return [model, []];
      return acts(model, () => [openPrompt(model, "reply", { item, label: "yes; what the agent reads:" }), []]);
  }
  const answer = action === "allow" ? smallest(item) : ANSWERS[action];
  if (answer === undefined && action !== "later") return [model, []];
  if (model.now - (model.card?.at ?? model.now) < ARMED_MS)
    return [say(model, "this card has just come: once more"), []];
  if (answer === undefined) {
    return [say({ ...back, later: [...model.later, item.id].slice(-1000), unsettledAt: model.now }, "put off"), []];
  }
  return acts(model, () => decide(model, item, answer));
}

/** `a, A, e, d or s`. */
function answering({ keys }: Model): string {
  const all = (["allow", "allow-longer", "edit", "deny"] as const).map((action) => keyOf(keys, action));
  return `${all.join(", ")} or ${keyOf(keys, "later")}`;
}

/** What an agent asked for before there is a request cannot be allowed once. */
function smallest({ answers }: ItemView): Answer {
  return !answers.includes("once") && answers.includes("for") ? "for" : "once";
}

function decide(model: Model, item: ItemView, key: Answer): Step {
  // What only happened is not answered: seen is all there is to say.
  const dismisses = item.answers.length === 1 && item.answers[0] === "dismiss" && (key === "once" || key === "deny");
  const answer = dismisses ? "dismiss" : key;
  if (!item.answers.includes(answer))
    return [say(model, `this cannot be answered so: ${item.answers.join(", ")}`, true), []];
  const first = unread(model, answer);
  if (first !== null) return first;
  if (answer === "edit") return [model, [{ do: "handoff", words: answerWords(item, "edit") }]];
  if (answer === "deny") {
    return [openPrompt(model, "deny", { item, label: "deny; the reason, or nothing:" }), []];
  }
  if (item.flags.some(({ stops }) => stops) && answer !== "dismiss") {
    const label = `type ${item.label === "" ? "yes" : item.label} to allow it:`;
    return [openPrompt(model, "confirm", { item, answer, label }), []];
  }
  return answered(model, item, answer, "");
}

function neighbour(model: Model, item: ItemView, by: number): string {
  const bottle = bottleOf(model, item.bottle);
  const ids = bottle === null ? [] : openItems(model, bottle).map(({ id }) => id);
  return ids[(ids.indexOf(item.id) + by + ids.length) % ids.length] ?? item.id;
}
