/** Where a process stands in somebody's tmux, by the variables that tmux sets in every pane (tmux(1), ENVIRONMENT). */
export interface TmuxPlace {
  readonly socket: string;
  /** Of the server: another one may listen at the same socket by now. */
  readonly serverPid: number;
  /** `$0` */
  readonly session: string;
  /** `%0`; null where the caller has none, as what a key runs. */
  readonly pane: string | null;
}

/** PURE: the place, or null for what tmux does not write. */
export function parsePlace(tmux: string | undefined, pane: string | undefined): TmuxPlace | null {
  const [, socket, pid, session] = /^(\/.*),([1-9]\d*),(\d+)$/s.exec(tmux ?? "") ?? [];
  if (socket === undefined) return null;
  const own = pane !== undefined && /^%\d+$/.test(pane) ? pane : null;
  return { socket, serverPid: Number(pid), session: `$${session}`, pane: own };
}

/** PURE: a word that tmux does not end a command at: one whose last character is `;` would let the next begin another. */
export function tmuxWord(text: string): string {
  return text.endsWith(";") ? `${text.slice(0, -1)}\\;` : text;
}

/** PURE: `text` where tmux takes a format: a folder called `#(...)` would be a command to it (tmux(1), FORMATS). */
export function tmuxText(text: string): string {
  return tmuxWord(text.replaceAll("#", "##"));
}
