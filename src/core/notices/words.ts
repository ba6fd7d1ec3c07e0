import type { Notice, NoticeKind } from "../model/notice.ts";
import type { QuestionKind } from "../model/question.ts";

/** Longest word of an agent. */
const LONGEST = 120;

/**
 * A word of an agent's (a host, a branch), as it may stand in a notice: a pop-up may read markup, tmux `#(command)`, a
 * shell `$(command)`. What is not plain becomes `?` (attack row 152).
 */
export function plainWord(text: string): string {
  const cut = text.length > LONGEST ? `...${text.slice(-LONGEST)}` : text;
  return cut.replace(/[^A-Za-z0-9 ._:/@+,=()[\]~-]/g, "?");
}

const notice = (kind: NoticeKind, bottle: string, what: string, command: string | null, exitCode?: number): Notice => ({
  kind,
  bottle,
  text: `${bottle} ${what}`,
  command,
  exitCode: exitCode ?? null,
  more: 0,
});

/** A request or a push waits for an answer. A host is cut in front, since its end says whose it is. */
export function approvalNotice(bottle: string, asked: { readonly method: string; readonly authority: string }): Notice {
  return notice(
    "approval",
    bottle,
    `asks: ${plainWord(asked.method)} ${plainWord(asked.authority)}`,
    `bottle approvals ${bottle}`,
  );
}

/** The agent asks something, or its budget does. What it says is not told. */
export function questionNotice(bottle: string, kind: QuestionKind): Notice {
  const what = kind === "budget" ? "has used up its budget, and waits" : "asks a question";
  return notice("approval", bottle, what, `bottle approvals ${bottle}`);
}

/** The agent wants to set the clipboard. What it holds is not told. */
export function clipboardNotice(bottle: string, bytes: number): Notice {
  const what = `wants to put ${bytes} bytes into your clipboard`;
  return notice("clipboard", bottle, what, `bottle clipboard ${bottle}`);
}

/** How an agent's run came to its end. */
export interface AgentEnd {
  readonly exitCode: number;
  /** Somebody, or its time limit, ended it. */
  readonly wanted: boolean;
  /** Its folder is gone, so that nothing can be looked at. */
  readonly removed: boolean;
}

/** 130: Ctrl-C, which a person typed. */
const INTERRUPTED = 130;
/** Our own code for a part of ours that broke. */
const BROKEN = 125;

/** The agent has ended: in order, or by a signal that nobody sent on purpose, or because its cage or gateway broke. */
export function endNotice(bottle: string, { exitCode, wanted, removed }: AgentEnd): Notice {
  const killed = exitCode > 128 && exitCode !== INTERRUPTED;
  if (!wanted && (killed || exitCode === BROKEN)) {
    const why = killed ? `killed by signal ${exitCode - 128}` : "its bottle broke";
    return notice("crashed", bottle, `crashed: ${why}`, removed ? null : `bottle logs ${bottle}`, exitCode);
  }
  const what = wanted ? `was ended, exit ${exitCode}` : `finished with exit ${exitCode}`;
  return notice("finished", bottle, what, removed ? null : `bottle diff ${bottle}`, exitCode);
}

/** Who waits for a command for less time than this still looks at its terminal. */
const LOOKING_SECONDS = 10;

/** Is the end of an agent told on the terminal on which it was started? Its last words stand there already. */
export function endIsNews({ kind }: Notice, seconds: number): boolean {
  return kind === "crashed" || seconds >= LOOKING_SECONDS;
}

/** Did the agent end by itself, and not well? Ctrl-C is no failure. */
export function isFailure({ kind, exitCode }: Notice, wanted: boolean): boolean {
  return kind === "finished" && !wanted && exitCode !== null && exitCode !== 0 && exitCode !== INTERRUPTED;
}

/** Its host process died. */
export function lostNotice(bottle: string): Notice {
  return notice("crashed", bottle, "crashed: its host process was killed", `bottle recover ${bottle}`);
}

/** Its host process broke off before the agent's end was seen. */
export function unseenNotice(bottle: string): Notice {
  return notice("crashed", bottle, "is lost: nobody saw how its agent ended", `bottle recover ${bottle}`);
}

/** Nothing printed and no traffic for so long. */
export function stalledNotice(bottle: string, quietMs: number, attachable: boolean): Notice {
  const minutes = Math.max(1, Math.round(quietMs / 60_000));
  return notice(
    "stalled",
    bottle,
    `has been quiet for ${minutes} min`,
    `bottle ${attachable ? "attach" : "logs"} ${bottle}`,
  );
}

/** `bottle` is one that runs on that disk: whoever saw it first. */
export function diskNotice(bottle: string, freeBytes: number): Notice {
  const what = `has ${Math.floor(freeBytes / 2 ** 20)} MiB of disk left, with all other bottles`;
  return notice("disk-low", bottle, what, "bottle prune --dry-run");
}

/** One notice for several of a kind: the last of them, and how many others there were. */
export function mergedNotice(last: Notice, more: number): Notice {
  return more === 0 ? last : { ...last, more, text: `${last.text}, and ${more} more` };
}

/** All of it on one line. */
export function noticeLine({ text, command }: Notice): string {
  return command === null ? text : `${text}; ${command}`;
}
