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

/** What was just drawn was not read: an answer before that was meant for something else. */
const ARMED_MS = 400;

const ANSWERS: Readonly<Record<string, Answer>> = { A: "for", e: "edit", d: "deny" };

/** A key while the card has the focus. */
export function cardKey(model: Model, key: string): Step {
  const item = cardItem(model);
  const back = { ...model, focus: "list" as const, item: null };
  switch (key) {
    case "esc":
    case "tab":
    case "q":
    case "left":
      return [back, []];
    case "ctrl-c":
      return [back, [{ do: "quit" }]];
    case "!":
      return nextNeed(model);
    case "?":
      return openPage(model, "help", null);
  }
  // It was answered elsewhere or its time is over: no key may fall through to the list, where it means something else.
  if (item === null) return [say(back, "it does not wait any more"), []];
  if (key === "]" || key === "[") return [{ ...model, item: neighbour(model, item, key === "]" ? 1 : -1) }, []];
  if (key === "space") return openPage(model, "item", item.bottle);
  if (key === "y") return [say(model, `copied: ${item.id}`), [{ do: "copy", text: item.id }]];
  if (key === "r" && isQuestion(item)) {
    return acts(model, () => [openPrompt(model, "reply", { item, label: "yes; what the agent reads:" }), []]);
  }
  const answer = key === "a" ? smallest(item) : ANSWERS[key];
  if (answer === undefined && key !== "s") {
    return [key === "enter" ? say(model, "Enter answers nothing: a, A, e, d or s") : model, []];
  }
  if (model.now - (model.card?.at ?? model.now) < ARMED_MS)
    return [say(model, "this card has just come: once more"), []];
  if (answer === undefined) {
    return [say({ ...back, later: [...model.later, item.id].slice(-1000), unsettledAt: model.now }, "put off"), []];
  }
  return acts(model, () => decide(model, item, answer));
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
