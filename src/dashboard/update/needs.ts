import { keyOf } from "../../core/model/dashboard-keys.ts";
import { type Step, say } from "../events.ts";
import type { Model } from "../model.ts";
import { bottleOf, groupOf, inView, openItems, settled } from "../rows.ts";

/** To the card, where the bottle under the cursor has one. */
export function toCard(model: Model): Model {
  const bottle = bottleOf(model, model.cursor);
  const [item] = bottle === null ? [] : openItems(model, bottle);
  if (item === undefined)
    return say(
      model,
      `nothing of this bottle waits: ${keyOf(model.keys, "next-need")} goes to the next that needs you`,
    );
  return { ...model, focus: "card", item: item.id };
}

/** The next bottle that needs the operator, and its card; from the card the next item. */
export function nextNeed(model: Model): Step {
  const shown = settled(model);
  // What needs the operator is not hidden by what they looked for before.
  const hidden = !hasNeeds(shown) && model.snapshot.bottles.some((bottle) => groupOf(model, bottle) === "needs");
  const now = hidden ? settled({ ...shown, view: "all", filter: "" }) : shown;
  const needs = (now.list ?? []).filter(({ group }) => group === "needs").map(({ name }) => name);
  const [first] = needs;
  if (first === undefined) return [say({ ...now, focus: "list" }, "nothing needs you"), []];
  const at = needs.indexOf(now.cursor ?? "");
  const bottle = bottleOf(now, now.cursor);
  const items = bottle === null ? [] : openItems(now, bottle);
  const place = items.findIndex(({ id }) => id === now.item);
  const more = now.focus === "card" && at >= 0 ? items[place + 1] : undefined;
  if (more !== undefined) return [{ ...now, item: more.id }, []];
  const name = now.focus === "list" && at >= 0 ? (now.cursor ?? first) : (needs[(at + 1) % needs.length] ?? first);
  const next = inView({ ...now, cursor: name, item: null });
  return [toCard(next), []];
}

function hasNeeds({ list }: Model): boolean {
  return list?.some(({ group }) => group === "needs") === true;
}
