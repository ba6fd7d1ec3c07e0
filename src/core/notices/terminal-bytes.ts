import type { Notice } from "../model/notice.ts";
import { printable } from "../wire/printable.ts";
import { noticeLine } from "./words.ts";

const BELL = "\u0007";
const LONGEST = 240;

/**
 * What makes the operator's terminal show a notice: OSC 9 (iTerm2, kitty, WezTerm, Ghostty, foot, Windows), OSC 777 for
 * rxvt, a bell where there is neither. Inside the operator's own tmux it is wrapped, which counts where they set
 * `allow-passthrough on`; the bell marks the window everywhere. PURE. `bottle: ` comes first, since some terminals take
 * `9;NUMBER` for commands.
 */
export function noticeBytes(
  notice: Pick<Notice, "text" | "command">,
  env: Readonly<Record<string, string | undefined>>,
): Buffer {
  // A semicolon parts the title from the text in OSC 777.
  const line = printable(noticeLine(notice as Notice), LONGEST);
  const { TERM = "", TMUX } = env;
  const osc = /^rxvt/.test(TERM)
    ? `\u001b]777;notify;bottle;${line.replaceAll(";", ",")}${BELL}`
    : `\u001b]9;bottle: ${line}${BELL}`;
  if (TMUX) return Buffer.from(`\u001bPtmux;${osc.replaceAll("\u001b", "\u001b\u001b")}\u001b\\${BELL}`);
  return Buffer.from(/^(?:linux|dumb|vt\d+|)$/.test(TERM) ? BELL : osc);
}
