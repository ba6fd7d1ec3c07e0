import { actionOf, type KeyAction, keyOf } from "../../core/model/dashboard-keys.ts";
import { type Effect, type Step, say } from "../events.ts";
import { geometryOf } from "../geometry.ts";
import type { BottleView, Kept, Model, PageKind } from "../model.ts";
import { bottleOf, groupOf, moved, settled } from "../rows.ts";
import { tagsOf } from "../tags.ts";
import { acts, runs } from "./acting.ts";
import { openForm } from "./form-keys.ts";
import { nextNeed, toCard } from "./needs.ts";
import { openPage } from "./page.ts";
import { openPrompt } from "./prompt.ts";
import { undo } from "./removals.ts";
import { viewKey, zoomed } from "./views.ts";

/** Keys that move, by how many bottles; pages are those of the screen. */
const MOVES: Readonly<Partial<Record<KeyAction, (page: number) => number>>> = {
  down: () => 1,
  up: () => -1,
  "half-down": (page) => Math.ceil(page / 2),
  "half-up": (page) => -Math.ceil(page / 2),
  "page-down": (page) => page,
  "page-up": (page) => -page,
  bottom: () => Number.MAX_SAFE_INTEGER,
  top: () => Number.MIN_SAFE_INTEGER,
};

const PAGES: Readonly<Partial<Record<KeyAction, PageKind>>> = {
  ...{ more: "log", log: "log", diff: "diff", policy: "policy", why: "why" },
};

/** A key while the list has the focus. */
export function listKey(model: Model, key: string): Step {
  if (key === "ctrl-c") return [model, [{ do: "quit" }]];
  if (key === "esc") return [settled({ ...model, filter: "", view: "all" }), []];
  const action = actionOf(model.keys, "list", key);
  if (action === null) return [model, []];
  const move = MOVES[action];
  if (move !== undefined) return [moved(model, move(geometryOf(model).listRows)), []];
  const other = viewKey(model, action);
  if (other !== null) return other;
  switch (action) {
    case "zoom":
      return [zoomed(model), []];
    case "next-need":
      return nextNeed(model);
    case "panel":
      return [toCard(model), []];
    case "filter":
      return [openPrompt(model, "filter", { text: model.filter }), []];
    case "command":
      return [openPrompt(model, "command"), []];
    case "new":
    case "new-again":
      return openForm(model, action === "new-again");
    case "egress":
    case "help":
      return openPage(model, action, null);
    case "undo":
      return undo(model);
    case "quit":
      return [model, [{ do: "quit" }]];
    default:
      return ofBottle(model, action);
  }
}

/** Keys that are about the bottle under the cursor. */
function ofBottle(model: Model, action: KeyAction): Step {
  const bottle = bottleOf(model, model.cursor);
  if (bottle === null) return [model, []];
  const page = PAGES[action];
  if (page !== undefined) return opened(model, bottle, page);
  switch (action) {
    case "attach":
      return attach(model, bottle);
    case "resume":
      return acts(model, () =>
        bottle.resumable
          ? runs(model, ["resume", "-d", bottle.name], `${bottle.name} is resumed`)
          : [say(model, `${bottle.name} ${bottle.running ? "runs" : "cannot be resumed"}`, true), []],
      );
    case "shell":
      return acts(model, () =>
        bottle.running
          ? [model, [{ do: "handoff", words: ["exec", "-it", bottle.name, "--", "bash"] }]]
          : [say(model, `${bottle.name} does not run: there is nothing to look into`, true), []],
      );
    case "stop":
      return acts(model, () =>
        bottle.running
          ? [openPrompt(model, "stop", { bottle: bottle.name, label: `stop ${bottle.name}? y or n` }), []]
          : [say(model, `${bottle.name} does not run`, true), []],
      );
    case "remove":
      return acts(model, () =>
        bottle.running
          ? [say(model, `${bottle.name} runs: ${keyOf(model.keys, "stop")} stops it first`, true), []]
          : [openPrompt(model, "remove", { bottle: bottle.name, label: `type ${bottle.name} to remove it:` }), []],
      );
    case "tag":
      return [
        openPrompt(model, "tag", {
          bottle: bottle.name,
          text: tagsOf(model.kept, bottle.name).join(" "),
          label: `tags of ${bottle.name}:`,
        }),
        [],
      ];
    case "mute":
      return muted(model, bottle.name);
    case "copy":
      return [say(model, `copied: ${bottle.name}`), [{ do: "copy", text: bottle.name }]];
    default:
      return [model, []];
  }
}

/** Shows the terminal of its agent. */
export function attach(model: Model, bottle: BottleView): Step {
  const log = keyOf(model.keys, "log");
  const [next, effects] = seen(model, bottle);
  if (!bottle.running) {
    return [
      say(next, `${bottle.name} has ended: ${keyOf(model.keys, "resume")} resumes it, ${log} shows its log`, true),
      effects,
    ];
  }
  if (!bottle.attachable) {
    return [say(next, `${bottle.name} has no terminal to attach to: ${log} shows what it prints`, true), effects];
  }
  return [next, [...effects, { do: "attach", bottle: bottle.name, readOnly: model.readOnly }]];
}

function opened(model: Model, bottle: BottleView, page: PageKind): Step {
  const [next, first] = seen(model, bottle);
  const [shown, more] = openPage(next, page, bottle.name);
  return [shown, [...first, ...more]];
}

/** The operator has seen how this run ended. */
function seen(model: Model, bottle: BottleView): [Model, readonly Effect[]] {
  if (bottle.running || groupOf(model, bottle) !== "done") return [model, []];
  const kept: Kept = { ...model.kept, seen: [...model.kept.seen, bottle.run].slice(-1000) };
  return [{ ...model, kept, unsettledAt: model.unsettledAt ?? model.now }, [{ do: "save", kept }]];
}

function muted(model: Model, name: string): Step {
  const is = model.kept.muted.includes(name);
  const names = model.kept.muted.filter((other) => other !== name);
  const kept: Kept = { ...model.kept, muted: is ? names : [...names, name].slice(-1000) };
  return [say({ ...model, kept }, is ? `${name} is heard again` : `${name} is muted`), [{ do: "save", kept }]];
}
