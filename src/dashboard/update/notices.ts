import type { Effect, Step } from "../events.ts";
import type { Model } from "../model.ts";
import { openItems } from "../rows.ts";

const AGAIN_MS = 5 * 60_000;

/** Tells each item once, and again when it has waited for five minutes; of muted bottles none. */
export function notices(model: Model): Step {
  const open = model.snapshot.bottles
    .filter(({ name }) => !model.kept.muted.includes(name))
    .flatMap((bottle) => openItems(model, bottle));
  const told: Record<string, { readonly at: number; readonly again: boolean }> = {};
  const effects: Effect[] = [];
  for (const { id, bottle, title } of open) {
    const before = model.told[id];
    const again = before !== undefined && !before.again && model.now - before.at >= AGAIN_MS;
    if (before === undefined || again) effects.push({ do: "notify", text: `${bottle} needs you: ${title}` });
    told[id] = before === undefined ? { at: model.now, again: false } : { at: before.at, again: before.again || again };
  }
  // One that is put off or muted for a while is not told anew.
  for (const { items } of model.snapshot.bottles) {
    for (const { id } of items) if (told[id] === undefined && model.told[id] !== undefined) told[id] = model.told[id];
  }
  const same = effects.length === 0 && Object.keys(told).length === Object.keys(model.told).length;
  return [same ? model : { ...model, told }, effects];
}
