/** Where a key is pressed: each place has its own keys. */
export type KeyPlace = "list" | "card" | "page";

interface ActionDefault {
  readonly keys: readonly string[];
  readonly in: readonly KeyPlace[];
}

const LIST = ["list"] as const;
const CARD = ["card"] as const;
const PAGE = ["page"] as const;
const LIST_PAGE = ["list", "page"] as const;
const LIST_CARD = ["list", "card"] as const;
const ALL = ["list", "card", "page"] as const;

/** What keys of the dashboard do, and which they are unless the operator says otherwise. */
export const KEY_ACTIONS = {
  down: { keys: ["j", "down"], in: LIST_PAGE },
  up: { keys: ["k", "up"], in: LIST_PAGE },
  top: { keys: ["g", "home"], in: LIST_PAGE },
  bottom: { keys: ["G", "end"], in: LIST_PAGE },
  "half-down": { keys: ["ctrl-d"], in: LIST_PAGE },
  "half-up": { keys: ["ctrl-u"], in: LIST_PAGE },
  "page-down": { keys: ["pagedown"], in: LIST_PAGE },
  "page-up": { keys: ["pageup"], in: LIST_PAGE },
  "next-need": { keys: ["!"], in: LIST_CARD },
  panel: { keys: ["tab"], in: LIST_CARD },
  attach: { keys: ["enter", "o"], in: LIST },
  more: { keys: ["space"], in: ALL },
  new: { keys: ["n"], in: LIST },
  "new-again": { keys: ["N"], in: LIST },
  resume: { keys: ["r"], in: LIST },
  shell: { keys: ["s"], in: LIST },
  log: { keys: ["l"], in: LIST },
  egress: { keys: ["e"], in: LIST },
  diff: { keys: ["D"], in: LIST },
  policy: { keys: ["p"], in: LIST },
  why: { keys: ["w"], in: LIST },
  stop: { keys: ["x"], in: LIST },
  remove: { keys: ["X"], in: LIST },
  undo: { keys: ["u"], in: LIST },
  mute: { keys: ["m"], in: LIST },
  tag: { keys: ["t"], in: LIST },
  zoom: { keys: ["z"], in: LIST_CARD },
  "view-all": { keys: ["1"], in: LIST_PAGE },
  "view-needs": { keys: ["2"], in: LIST_PAGE },
  "view-working": { keys: ["3"], in: LIST_PAGE },
  "view-ended": { keys: ["4"], in: LIST_PAGE },
  "view-egress": { keys: ["5"], in: LIST_PAGE },
  command: { keys: [":"], in: LIST },
  filter: { keys: ["/"], in: LIST_PAGE },
  copy: { keys: ["y"], in: ALL },
  help: { keys: ["?"], in: ALL },
  redraw: { keys: ["ctrl-l"], in: ALL },
  suspend: { keys: ["ctrl-z"], in: ALL },
  quit: { keys: ["q"], in: LIST },
  allow: { keys: ["a"], in: CARD },
  "allow-longer": { keys: ["A"], in: CARD },
  reply: { keys: ["r"], in: CARD },
  edit: { keys: ["e"], in: CARD },
  deny: { keys: ["d"], in: CARD },
  later: { keys: ["s"], in: CARD },
  "next-item": { keys: ["]"], in: CARD },
  "previous-item": { keys: ["["], in: CARD },
  back: { keys: ["q", "left"], in: ["card", "page"] },
  follow: { keys: ["f"], in: PAGE },
  reload: { keys: ["r"], in: PAGE },
} as const satisfies Readonly<Record<string, ActionDefault>>;

export type KeyAction = keyof typeof KEY_ACTIONS;
/** The keys in force; none: the action has no key. */
export type Keymap = Readonly<Record<KeyAction, readonly string[]>>;

/** How the operator uses the dashboard. Operator's file only. */
export interface DashboardDefinition {
  readonly keys?: Readonly<Partial<Record<KeyAction, readonly string[] | undefined>>> | undefined;
  readonly mouse?: boolean | undefined;
}

export const ACTION_NAMES = Object.keys(KEY_ACTIONS) as readonly KeyAction[];

/** Keys of more than one character, in the words of a manifest; beside them `ctrl-` and a letter. */
const NAMED_KEYS = [
  ...["enter", "space", "tab", "shift-tab", "up", "down", "left", "right"],
  ...["pageup", "pagedown", "home", "end", "backspace", "delete"],
] as const;

/** A terminal sends these for other keys too: Backspace, Tab, Enter. */
const SHARED_CTRL = ["ctrl-h", "ctrl-i", "ctrl-j", "ctrl-m"];
/** These always lead out, whatever else is remapped. */
const FIXED = ["esc", "ctrl-c"];
/** Nothing is decided by a key that people press to make something go away. */
const DECIDES: readonly KeyAction[] = ["allow", "allow-longer", "deny"];
const TOO_EASY: readonly string[] = ["enter", "space"];

/** The keymap with the operator's keys in place of the defaults. */
export function keymapOf(own: Readonly<Partial<Record<KeyAction, readonly string[] | undefined>>> = {}): Keymap {
  return Object.fromEntries(
    ACTION_NAMES.map((name) => [name, own[name] ?? KEY_ACTIONS[name].keys]),
  ) as unknown as Keymap;
}

export const DEFAULT_KEYS: Keymap = keymapOf();

/** What is wrong with the name of a key; null: nothing. */
export function keyProblem(key: string): string | null {
  if (FIXED.includes(key)) return `${key} always leads out of where one is, and cannot be given to anything else`;
  if (SHARED_CTRL.includes(key)) return `terminals cannot tell ${key} from Backspace, Tab or Enter`;
  if ((NAMED_KEYS as readonly string[]).includes(key) || /^ctrl-[a-z]$/.test(key)) return null;
  // One that is drawn, and is not in a sequence with others: not a control character, a mark or a half of a pair.
  if ([...key].length === 1 && /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(key)) return null;
  return `not a key: one character, ctrl- and a letter, or one of ${NAMED_KEYS.join(", ")}`;
}

/** What is wrong with keys that are sound each for itself, by the action to blame. */
export function keymapProblems(
  own: Readonly<Partial<Record<KeyAction, readonly string[] | undefined>>>,
): readonly { readonly action: KeyAction; readonly message: string }[] {
  const keymap = keymapOf(own);
  return ACTION_NAMES.filter((action) => own[action] !== undefined).flatMap((action) => {
    const wrong = DECIDES.includes(action) ? keymap[action].find((key) => TOO_EASY.includes(key)) : undefined;
    if (wrong !== undefined)
      return [{ action, message: `${action} cannot be on ${wrong}: it decides, and is pressed on purpose` }];
    for (const key of keymap[action]) {
      const other = ACTION_NAMES.find((name) => name !== action && meet(name, action) && keymap[name].includes(key));
      // Of two that both were given it the first is told.
      if (
        other === undefined ||
        (own[other] !== undefined && ACTION_NAMES.indexOf(other) < ACTION_NAMES.indexOf(action))
      )
        continue;
      return [
        { action, message: `${key} would do two things, ${action} and ${other}: give ${other} another key, or []` },
      ];
    }
    return [];
  });
}

/** Is there a place where both have keys? */
function meet(one: KeyAction, other: KeyAction): boolean {
  const places: readonly KeyPlace[] = KEY_ACTIONS[other].in;
  return KEY_ACTIONS[one].in.some((place) => places.includes(place));
}

/** What a key does in a place; null: nothing. */
export function actionOf(keymap: Keymap, place: KeyPlace, key: string): KeyAction | null {
  return (
    ACTION_NAMES.find((name) => {
      const places: readonly KeyPlace[] = KEY_ACTIONS[name].in;
      return places.includes(place) && keymap[name].includes(key);
    }) ?? null
  );
}

const SHOWN: Readonly<Record<string, string>> = {
  ...{ enter: "Enter", space: "Space", tab: "Tab", "shift-tab": "Shift-Tab", backspace: "Backspace", delete: "Del" },
  ...{
    up: "Up",
    down: "Down",
    left: "Left",
    right: "Right",
    home: "Home",
    end: "End",
    pageup: "PgUp",
    pagedown: "PgDn",
  },
};

/** A key as people read it: `Enter`, `Ctrl-d`, `j`. */
export function shownKey(key: string): string {
  return SHOWN[key] ?? key.replace(/^ctrl-/, "Ctrl-");
}

/** The first key of an action as people read it; `-`: it has none. */
export function keyOf(keymap: Keymap, action: KeyAction): string {
  const [first] = keymap[action];
  return first === undefined ? "-" : shownKey(first);
}
