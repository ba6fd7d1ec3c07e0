import { type Effect, type Step, say } from "../events.ts";
import { geometryOf } from "../geometry.ts";
import type { BottleView, Kept, Model, PageKind } from "../model.ts";
import { bottleOf, groupOf, moved, settled } from "../rows.ts";
import { acts, runs } from "./acting.ts";
import { openForm } from "./form-keys.ts";
import { nextNeed, toCard } from "./needs.ts";
import { openPage } from "./page.ts";
import { openPrompt } from "./prompt.ts";
import { undo } from "./removals.ts";

/** Keys that move, by how many bottles; pages are those of the screen. */
const MOVES: Readonly<Record<string, (page: number) => number>> = {
  j: () => 1,
  down: () => 1,
  k: () => -1,
  up: () => -1,
  "ctrl-d": (page) => Math.ceil(page / 2),
  "ctrl-u": (page) => -Math.ceil(page / 2),
  pagedown: (page) => page,
  pageup: (page) => -page,
  G: () => Number.MAX_SAFE_INTEGER,
  end: () => Number.MAX_SAFE_INTEGER,
  home: () => Number.MIN_SAFE_INTEGER,
};

const PAGES: Readonly<Record<string, PageKind>> = { l: "log", D: "diff", p: "policy", w: "why" };

/** A key while the list has the focus. */
export function listKey(model: Model, key: string): Step {
  const first = { ...model, pending: "" };
  const move = MOVES[key];
  if (move !== undefined) return [moved(first, move(geometryOf(model).listRows)), []];
  if (key === "g") {
    if (model.pending !== "g") return [{ ...model, pending: "g" }, []];
    return [moved(first, Number.MIN_SAFE_INTEGER), []];
  }
  switch (key) {
    case "!":
      return nextNeed(first);
    case "tab":
      return [toCard(first), []];
    case "/":
      return [openPrompt(first, "filter", { text: model.filter }), []];
    case ":":
      return [openPrompt(first, "command"), []];
    case "esc":
      return [settled({ ...first, filter: "" }), []];
    case "n":
    case "N":
      return openForm(first, key === "N");
    case "e":
      return openPage(first, "egress", null);
    case "?":
      return openPage(first, "help", null);
    case "u":
      return undo(first);
    case "q":
    case "ctrl-c":
      return [first, [{ do: "quit" }]];
    default:
      return ofBottle(first, key);
  }
}

/** Keys that are about the bottle under the cursor. */
function ofBottle(model: Model, key: string): Step {
  const bottle = bottleOf(model, model.cursor);
  if (bottle === null) return [model, []];
  const page = PAGES[key];
  if (page !== undefined) return opened(model, bottle, page);
  switch (key) {
    case "enter":
    case "o":
      return attach(model, bottle);
    case "space":
      return opened(model, bottle, "log");
    case "r":
      return acts(model, () =>
        bottle.resumable
          ? runs(model, ["resume", "-d", bottle.name], `${bottle.name} is resumed`)
          : [say(model, `${bottle.name} ${bottle.running ? "runs" : "cannot be resumed"}`, true), []],
      );
    case "s":
      return acts(model, () =>
        bottle.running
          ? [model, [{ do: "handoff", words: ["exec", "-it", bottle.name, "--", "bash"] }]]
          : [say(model, `${bottle.name} does not run: there is nothing to look into`, true), []],
      );
    case "x":
      return acts(model, () =>
        bottle.running
          ? [openPrompt(model, "stop", { bottle: bottle.name, label: `stop ${bottle.name}? y or n` }), []]
          : [say(model, `${bottle.name} does not run`, true), []],
      );
    case "X":
      return acts(model, () =>
        bottle.running
          ? [say(model, `${bottle.name} runs: x stops it first`, true), []]
          : [openPrompt(model, "remove", { bottle: bottle.name, label: `type ${bottle.name} to remove it:` }), []],
      );
    case "m":
      return muted(model, bottle.name);
    case "y":
      return [say(model, `copied: ${bottle.name}`), [{ do: "copy", text: bottle.name }]];
    default:
      return [model, []];
  }
}

function attach(model: Model, bottle: BottleView): Step {
  const [next, effects] = seen(model, bottle);
  if (!bottle.running) {
    return [say(next, `${bottle.name} has ended: r resumes it, l shows its log`, true), effects];
  }
  if (!bottle.attachable) {
    return [say(next, `${bottle.name} has no terminal to attach to: l shows what it prints`, true), effects];
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
