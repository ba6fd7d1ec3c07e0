/** A pane of the operator's session. */
export interface Pane {
  /** `%0` */
  readonly id: string;
  /** `@0` */
  readonly window: string;
  readonly pid: number;
  /** Its command has ended, and tmux keeps what it showed. */
  readonly dead: boolean;
  /** Of one that we made, and in which nobody has started anything else since. Else null. */
  readonly mark: PaneMark | null;
}

/** What a pane of ours shows. */
export interface PaneMark {
  /** The bottle's name. */
  readonly name: string;
  /** One run of it, and how it is shown: letters and digits. */
  readonly view: string;
}

/** What the pane is wanted for, and from where. */
export interface Wanted extends PaneMark {
  /** The window from which it is asked for. */
  readonly window: string;
  /** Of the pane that would be split. */
  readonly columns: number;
  readonly rows: number;
}

/** What is done so that the bottle is seen. */
export type PaneChoice =
  | { readonly do: "show"; readonly pane: Pane }
  | { readonly do: "reuse"; readonly pane: Pane }
  | { readonly do: "split"; readonly direction: "-h" | "-v" }
  | { readonly do: "window" };

/** Options of the panes that we make: the bottle's name, for people; and the view with the process that shows it. */
export const NAME_OPTION = "@bottle";
export const VIEW_OPTION = "@bottle_view";
/** For list-panes, in the order of `parsePanes`. */
export const PANE_FORMAT = `#{pane_id} #{window_id} #{pane_pid} #{pane_dead} #{${VIEW_OPTION}} #{${NAME_OPTION}}`;
/** With less an agent's screen is of no use. */
const COLUMNS = 80;
const ROWS = 16;

/** PURE: the lines of list-panes. The mark of a pane in which another process runs by now counts for nothing. */
export function parsePanes(text: string): readonly Pane[] {
  return text.split("\n").flatMap((line) => {
    const [, id, window, pid, dead, view = "", marked, name = ""] =
      /^(%\d+) (@\d+) (\d+) ([01]) (?:([0-9a-z]+):(\d+))? ?(.*)$/.exec(line) ?? [];
    if (id === undefined || window === undefined) return [];
    return [{ id, window, pid: Number(pid), dead: dead === "1", mark: marked === pid ? { name, view } : null }];
  });
}

/**
 * PURE: the pane that shows this run already; else one of ours that is over, so that they do not pile up: this bottle's,
 * one beside the caller; else a new one where there is room for two; else one that is over anywhere, or a new window.
 */
export function choosePane(panes: readonly Pane[], wanted: Wanted): PaneChoice {
  const shown = panes.find(({ mark, dead }) => mark?.view === wanted.view && !dead);
  if (shown !== undefined) return { do: "show", pane: shown };
  const over = panes.filter(({ mark, dead }) => mark !== null && dead);
  const near =
    over.find(({ mark }) => mark?.name === wanted.name) ?? over.find(({ window }) => window === wanted.window);
  if (near !== undefined) return { do: "reuse", pane: near };
  // One column or row is the line between them.
  if (wanted.columns > 2 * COLUMNS) return { do: "split", direction: "-h" };
  if (wanted.rows > 2 * ROWS) return { do: "split", direction: "-v" };
  const [far] = over;
  return far === undefined ? { do: "window" } : { do: "reuse", pane: far };
}
