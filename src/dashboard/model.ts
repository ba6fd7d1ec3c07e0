import type { Flag } from "../core/inbox/flags.ts";
import { DEFAULT_KEYS, type Keymap } from "../core/model/dashboard-keys.ts";

/** One shape for each: `! ? * # o x ~`. `~` is not known, and is never drawn as quiet. */
export type Mark = "!" | "?" | "*" | "#" | "o" | "x" | "~";

/** Groups of the list, in its order. */
export const GROUPS = ["needs", "working", "unknown", "done", "quiet"] as const;
export type Group = (typeof GROUPS)[number];

/** Which bottles the list has. */
export type ListView = "all" | "needs" | "working" | "ended";

/** Something of a bottle that waits for the operator, or that they should see. Texts may be an agent's: `span` escapes them. */
export interface ItemView {
  readonly id: string;
  readonly bottle: string;
  readonly kind: string;
  /** One line: what. */
  readonly title: string;
  /** What we saw ourselves. */
  readonly seen: readonly string[];
  /** What the agent says of it, which nobody checked; null: nothing. */
  readonly words: string | null;
  /** The rule that a yes makes, a line each. */
  readonly adds: readonly string[];
  /** What is risky about it; what `stops` wants `label` typed. */
  readonly flags: readonly Pick<Flag, "code" | "text" | "stops">[];
  /** What is typed to allow one with flags: the last label of the host. "": `yes`. */
  readonly label: string;
  readonly answers: readonly Answer[];
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** null: it waits as long as the bottle runs. */
  readonly expiresAt: number | null;
  /** What a yes is bound to; null: the request's own id. */
  readonly review: string | null;
}

/** Something that is allowed now. */
export interface GrantView {
  readonly id: string;
  /** What it covers. */
  readonly covers: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** null: as long as the bottle runs. */
  readonly expiresAt: number | null;
  readonly uses: number;
  /** The first request that went by it; its status is null where it broke off. */
  readonly firstUse: { readonly at: number; readonly status: number | null } | null;
}

export type Answer = "once" | "for" | "bottle" | "deny" | "edit" | "dismiss";

/** A bottle as the screen shows it. */
export interface BottleView {
  readonly name: string;
  readonly agent: string;
  readonly backend: string;
  readonly mark: Mark;
  /** What it does or did. */
  readonly what: string;
  /** Who says so: the gateway, a hook, the record. */
  readonly source: string;
  /** Milliseconds since the epoch: since when. */
  readonly since: number;
  readonly createdAt: number;
  /** Millionths of a US dollar; null: not known. */
  readonly costMicros: number | null;
  readonly running: boolean;
  /** `bottle attach` comes to it. */
  readonly attachable: boolean;
  /** It has ended, and `bottle resume` runs it again. */
  readonly resumable: boolean;
  readonly workspace: string;
  /** Oldest first. */
  readonly items: readonly ItemView[];
  /** What was allowed for longer than one request, and what came of it; oldest first. */
  readonly grants: readonly GrantView[];
  /** Tells this run of it from every other: what was seen of one is not seen of the next. */
  readonly run: string;
}

/** One line of live egress. */
export interface EgressLine {
  readonly bottle: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
  readonly denied: boolean;
  /** A request that got its answer from outside: with those that were denied, what egress counts. */
  readonly passed: boolean;
}

/** What the sources saw. */
export interface Snapshot {
  readonly bottles: readonly BottleView[];
  /** Of all bottles since midnight, in millionths of a US dollar; null: not known. */
  readonly costToday: number | null;
  /** Denials since the dashboard began. */
  readonly denied: number;
}

/** A row of the list: its place holds until the order settles. */
export interface Row {
  readonly name: string;
  readonly group: Group;
  /** Came after the order had settled. */
  readonly fresh: boolean;
}

export type PageKind = "help" | "log" | "egress" | "diff" | "policy" | "why" | "words" | "item";

/** Text that takes the whole screen below the header. */
export interface Page {
  readonly kind: PageKind;
  /** The bottle; null: all. */
  readonly bottle: string | null;
  readonly title: string;
  readonly lines: readonly string[];
  /** Lines above the first that is shown. */
  readonly top: number;
  /** Shows the end, and what comes. */
  readonly follow: boolean;
  readonly filter: string;
  readonly loading: boolean;
}

/** A line that is typed at the bottom. */
export interface Prompt {
  readonly ask:
    | "filter"
    | "command"
    | "reply"
    | "deny"
    | "confirm"
    | "stop"
    | "remove"
    | "words"
    | "page-filter"
    | "tag";
  readonly label: string;
  readonly text: string;
  readonly cursor: number;
  /** What it is about. */
  readonly bottle: string | null;
  readonly item: ItemView | null;
  /** For `confirm`: how far the yes reaches. */
  readonly answer: Answer | null;
}

export const FIELDS = ["agent", "bottle", "path", "prompt", "backend"] as const;
export type Field = (typeof FIELDS)[number];

/** The form of a new bottle. */
export interface Form {
  readonly values: Readonly<Record<Field, string>>;
  readonly field: Field;
  /** Within the value of the field. */
  readonly cursor: number;
  readonly agents: readonly string[];
  readonly bottles: readonly string[];
  readonly problem: string;
}

/** A removal that is not done yet. */
export interface Removal {
  readonly name: string;
  /** Which one it was: another may have its name by then. */
  readonly run: string;
  /** Milliseconds since the epoch: then it is done. */
  readonly at: number;
}

/** What outlives the dashboard (`dashboard.json`). */
export interface Kept {
  /** Bottles that notify nothing. */
  readonly muted: readonly string[];
  /** Labels of the dashboard's own, by the names of bottles. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** Runs whose end the operator has seen. */
  readonly seen: readonly string[];
  /** Of the form, at its last start. */
  readonly launch: Readonly<Record<Field, string>> | null;
  readonly theme: Theme;
}

export type Theme = "dark" | "light" | "none";

export interface Model {
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  readonly readOnly: boolean;
  /** The keys in force. */
  readonly keys: Keymap;
  readonly snapshot: Snapshot;
  /** null: nothing was read yet. */
  readonly list: readonly Row[] | null;
  /** Since when the list is not in its order; null: it is. */
  readonly unsettledAt: number | null;
  readonly keyAt: number;
  /** Name of the bottle under the cursor. */
  readonly cursor: string | null;
  /** Lines of the list above the first that is shown. */
  readonly top: number;
  readonly filter: string;
  readonly view: ListView;
  /** What has the focus takes the whole screen. */
  readonly zoom: boolean;
  readonly focus: "list" | "card";
  /** Which item of the bottle the card shows; null: its first. */
  readonly item: string | null;
  /** What the card shows, and since when: keys that answer count only a little later. `read`: what a yes is for could be seen whole. */
  readonly card: { readonly key: string; readonly at: number; readonly read: boolean } | null;
  /** Items put off with `s`. */
  readonly later: readonly string[];
  readonly page: Page | null;
  readonly prompt: Prompt | null;
  readonly form: Form | null;
  readonly removals: readonly Removal[];
  readonly peek: { readonly bottle: string; readonly lines: readonly string[] } | null;
  readonly egress: readonly EgressLine[];
  /** When what grows under the cursor was read last. */
  readonly refreshedAt: number;
  /** What is said at the bottom, until the next key. */
  readonly said: { readonly text: string; readonly bad: boolean } | null;
  /** Commands that run. */
  readonly busy: number;
  /** What was decided last, newest last. */
  readonly decided: readonly { readonly item: string; readonly bottle: string; readonly answer: Answer }[];
  /** The terminal has not the focus; the next click only gives it back; what was clicked last, and when. */
  readonly pointer: {
    readonly away: boolean;
    readonly skip: boolean;
    readonly clicked: { readonly bottle: string; readonly at: number } | null;
  };
  /** Per item: when it was told, and whether again. */
  readonly told: Readonly<Record<string, { readonly at: number; readonly again: boolean }>>;
  readonly kept: Kept;
}

const NOTHING: Kept = { muted: [], tags: {}, seen: [], launch: null, theme: "dark" };

/** A model of nothing yet; sizes in cells, `now` in milliseconds since the epoch. */
export function emptyModel(
  size: { readonly columns: number; readonly rows: number },
  now: number,
  readOnly = false,
  kept: Kept = NOTHING,
  keys: Keymap = DEFAULT_KEYS,
): Model {
  return {
    now,
    ...size,
    readOnly,
    keys,
    snapshot: { bottles: [], costToday: null, denied: 0 },
    list: null,
    unsettledAt: null,
    keyAt: 0,
    cursor: null,
    top: 0,
    filter: "",
    view: "all",
    zoom: false,
    focus: "list",
    item: null,
    card: null,
    later: [],
    page: null,
    prompt: null,
    form: null,
    removals: [],
    peek: null,
    egress: [],
    refreshedAt: 0,
    said: null,
    busy: 0,
    decided: [],
    pointer: { away: false, skip: false, clicked: null },
    told: {},
    kept,
  };
}
