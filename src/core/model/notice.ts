/** What an operator is told of who does not watch. `disk-low` is about the machine, all others about one bottle. */
export const NOTICE_KINDS = ["approval", "clipboard", "finished", "crashed", "stalled", "disk-low"] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** One thing to tell, in words that are safe for a terminal, a list, a shell's variable and a desktop's pop-up. */
export interface Notice {
  readonly kind: NoticeKind;
  readonly bottle: string;
  /** Which bottle, and what; one line. */
  readonly text: string;
  /** What to type for more, or to answer; null: there is nothing. */
  readonly command: string | null;
  /** The agent's own, where it has ended. */
  readonly exitCode: number | null;
  /** Others of its kind that were not told for themselves. */
  readonly more: number;
}

/** What the operator wants to be told, and how. */
export interface NotifySettings {
  /** A program by its path, and arguments; null: none. */
  readonly command: readonly string[] | null;
  readonly events: readonly NoticeKind[];
  /** On terminals that show the bottle. */
  readonly terminal: boolean;
  readonly stallMs: number;
  /** Free bytes of the state folder's disk below which it is low. */
  readonly diskBytes: number;
}

/** Without a word in the manifest. */
export const NOTIFY_DEFAULTS: NotifySettings = {
  command: null,
  events: NOTICE_KINDS,
  terminal: true,
  stallMs: 10 * 60_000,
  diskBytes: 2 ** 30,
};

/** What the operator is told of. Operator's file only. */
export interface NotifyDefinition {
  readonly command?: readonly string[] | undefined;
  readonly events?: readonly NoticeKind[] | undefined;
  readonly terminal?: boolean | undefined;
  readonly stallMinutes?: number | undefined;
  readonly diskFree?: string | undefined;
}
