import { type KeyAction, type Keymap, keyOf, shownKey } from "../core/model/dashboard-keys.ts";

/** Keys and what they do. */
export type KeyHelp = readonly [keys: string, does: string];

/** What belongs together, and what it does; the keys are those in force. */
type Help = readonly [actions: readonly KeyAction[], does: string];

const LIST: readonly Help[] = [
  [["down", "up"], "move"],
  [["top", "bottom"], "to the first, to the last"],
  [["half-down", "half-up"], "half a screen"],
  [["page-down", "page-up"], "a screen"],
  [["next-need"], "the next that needs you, and its card"],
  [["panel"], "to the card, and back"],
  [["attach"], "attach to the agent's terminal; Ctrl-] d comes back"],
  [["more"], "what the agent printed last"],
  [["new", "new-again"], "a new bottle; the last one again, with a new prompt"],
  [["resume"], "resume one that has ended"],
  [["shell"], "a shell in the bottle"],
  [["log", "egress", "diff"], "log, live egress, what the agent changed"],
  [["policy", "why"], "what the bottle may reach; why it is in this state"],
  [["stop"], "stop, after y"],
  [["remove"], "remove in 30 s, after its name was typed"],
  [["undo"], "undo a removal that has not begun, or the last answer"],
  [
    ["view-all", "view-needs", "view-working", "view-ended", "view-egress"],
    "all, needs you, working, ended; live egress",
  ],
  [["zoom"], "the list, or the card, on the whole screen; and back"],
  [["tag"], "tags of your own, shown in the list"],
  [["mute"], "mute: it notifies nothing"],
  [["copy"], "copy the name (OSC 52)"],
  [["filter"], "filter: words, s:blocked a:claude t:tag host:example; ! in front: not"],
  [["command"], "a command of bottle, such as :grants, :egress, :theme light"],
  [["redraw", "suspend"], "draw again; suspend"],
  [["quit"], "quit: bottles run on"],
];

const CARD: readonly Help[] = [
  [["allow"], "allow once, or yes to a question"],
  [["allow-longer"], "allow this method, host and path for 1 h"],
  [["reply"], "yes to a question, with words that the agent reads"],
  [["edit"], "edit the rule in your editor, then decide"],
  [["deny"], "deny, with a reason"],
  [["later"], "later: it leaves the list, and still waits"],
  [["more"], "all of it, on a page"],
  [["previous-item", "next-item"], "the other requests of this bottle"],
  [["next-need"], "the next that needs you"],
  [["zoom"], "the card on the whole screen, and back"],
  [["panel", "back"], "back to the list; Esc too"],
];

const PAGE: readonly Help[] = [
  [["down", "up"], "move"],
  [["more"], "the next screen"],
  [["top", "bottom"], "to the beginning, to the end"],
  [["filter"], "only lines with these words; ! in front: without"],
  [["follow"], "follow the end, or stay"],
  [["reload"], "read again"],
  [["copy"], "copy what is shown"],
  [["back"], "back; Esc too"],
];

/** The keys in force in each place. docs/dashboard.md is made from these tables. */
export function keyHelp(keys: Keymap): {
  readonly list: readonly KeyHelp[];
  readonly card: readonly KeyHelp[];
  readonly page: readonly KeyHelp[];
} {
  const of = (all: readonly Help[]) =>
    all.map(([actions, does]): KeyHelp => {
      const [only] = actions;
      const own = actions.length === 1 && only !== undefined ? keys[only].map(shownKey) : [];
      return [own.length > 0 ? own.join(", ") : actions.map((action) => keyOf(keys, action)).join(", "), does];
    });
  return { list: of(LIST), card: of(CARD), page: of(PAGE) };
}

/** The help of what has the focus comes first. */
export function helpLines(keys: Keymap, focus: "list" | "card"): readonly string[] {
  const help = keyHelp(keys);
  const list = ["In the list", ...help.list.map(keyLine), ""];
  const card = [
    "On the card of a request",
    ...help.card.map(keyLine),
    "Enter answers nothing, and nothing is answered in bulk.",
    "",
  ];
  const page = ["On a page", ...help.page.map(keyLine)];
  return focus === "card" ? [...card, ...list, ...page] : [...list, ...card, ...page];
}

function keyLine([keys, does]: KeyHelp): string {
  return `  ${keys.padEnd(17)} ${does}`;
}
