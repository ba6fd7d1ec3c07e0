/** A key and what it does. */
export type KeyHelp = readonly [keys: string, does: string];

/** Keys of the list. docs/dashboard.md is made from these tables. */
export const LIST_KEYS: readonly KeyHelp[] = [
  ["j k, arrows", "move; gg G Ctrl-d Ctrl-u PgUp PgDn farther"],
  ["!", "the next that needs you, and its card"],
  ["Tab", "to the card, and back"],
  ["Enter, o", "attach to the agent's terminal; Ctrl-] d comes back"],
  ["Space", "what the agent printed last"],
  ["n, N", "a new bottle; the last one again, with a new prompt"],
  ["r", "resume one that has ended"],
  ["s", "a shell in the bottle"],
  ["l, e, D", "log, live egress, what the agent changed"],
  ["p, w", "what the bottle may reach; why it is in this state"],
  ["x", "stop, after y"],
  ["X", "remove in 30 s, after its name was typed"],
  ["u", "undo a removal that has not begun, or the last answer"],
  ["m", "mute: it notifies nothing"],
  ["y", "copy the name (OSC 52)"],
  ["/", "filter: words, s:blocked a:claude host:example; ! in front: not"],
  [":", "a command of bottle, such as :grants, :egress, :theme light"],
  ["Ctrl-l, Ctrl-z", "draw again; suspend"],
  ["q", "quit: bottles run on"],
];

/** Keys of the card. */
export const CARD_KEYS: readonly KeyHelp[] = [
  ["a", "allow once, or yes to a question"],
  ["A", "allow this method, host and path for 1 h"],
  ["r", "yes to a question, with words that the agent reads"],
  ["e", "edit the rule in your editor, then decide"],
  ["d", "deny, with a reason"],
  ["s", "later: it leaves the list, and still waits"],
  ["Space", "all of it, on a page"],
  ["[ ]", "the other requests of this bottle"],
  ["!", "the next that needs you"],
  ["Tab, Esc", "back to the list"],
];

/** Keys of a page. */
export const PAGE_KEYS: readonly KeyHelp[] = [
  ["j k, Space, g G", "move"],
  ["/", "only lines with these words; ! in front: without"],
  ["f", "follow the end, or stay"],
  ["r", "read again"],
  ["y", "copy what is shown"],
  ["q, Esc", "back"],
];

/** The help of what has the focus comes first. */
export function helpLines(focus: "list" | "card"): readonly string[] {
  const list = ["In the list", ...LIST_KEYS.map(keyLine), ""];
  const card = [
    "On the card of a request",
    ...CARD_KEYS.map(keyLine),
    "Enter answers nothing, and nothing is answered in bulk.",
    "",
  ];
  const page = ["On a page", ...PAGE_KEYS.map(keyLine)];
  return focus === "card" ? [...card, ...list, ...page] : [...list, ...card, ...page];
}

function keyLine([keys, does]: KeyHelp): string {
  return `  ${keys.padEnd(17)} ${does}`;
}
