import { printable } from "../core/wire/printable.ts";

/** Characters that a terminal draws two columns wide (Unicode East Asian Width W and F, and what is shown as an emoji). */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\u1100-\u115e\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}])$/u;
const MARK = /^\p{M}$/u;
/** Of those that take no column so many are kept on one character: more of them run over the lines around. */
const MARKS = 2;
/** Terminals and libraries disagree about their width: variation selectors, key caps, skin tones, jamo that are not composed. */
const DISPUTED = /[\ufe00-\ufe0f\u20e0\u20e3\u180b-\u180f]|[\u{1f3fb}-\u{1f3ff}\u{e0100}-\u{e01ef}]/gu;
const JAMO = /[\u1160-\u11ff\ud7b0-\ud7ff]/g;
const FLAG = /[\u{1f1e6}-\u{1f1ff}]/gu;
const ASCII = /^[ -~]*$/;

/**
 * `text` on one line, such that every terminal agrees about what it takes: control characters, direction marks and what
 * takes no room are shown as escapes (core/wire/printable), what has no certain width is left out or replaced.
 */
export function plain(text: string, longest = 4096): string {
  if (text.length <= longest && ASCII.test(text)) return text;
  const safe = printable(text.replaceAll("\t", "  "), longest)
    .normalize("NFC")
    .replace(DISPUTED, "")
    .replace(JAMO, "\ufffd")
    .replace(FLAG, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 0x41));
  let out = "";
  let marks = MARKS;
  for (const character of safe) {
    marks = MARK.test(character) ? marks + 1 : 0;
    if (marks <= MARKS) out += character;
  }
  return out;
}

/** Columns of `plain` text. */
export function width(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The beginning of `plain` text that fits into `columns`; `…` stands for what does not. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns <= 0) return "";
  let out = "";
  let used = 0;
  for (const character of text) {
    const more = columnsOf(character);
    if (used + more > columns - 1) break;
    out += character;
    used += more;
  }
  return `${out}…`;
}

/** `plain` text broken into lines of at most `columns`, at spaces where there are any. */
export function wrapped(text: string, columns: number): readonly string[] {
  if (columns <= 1) return [cut(text, Math.max(0, columns))];
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.split(/(?<= )/)) {
    const more = width(word.trimEnd());
    if (used > 0 && used + more > columns) {
      lines.push(line.trimEnd());
      line = "";
      used = 0;
    }
    for (const character of word) {
      const size = columnsOf(character);
      if (used + size > columns) {
        if (character === " ") continue;
        lines.push(line);
        line = "";
        used = 0;
      }
      line += character;
      used += size;
    }
  }
  return [...lines, line.trimEnd()];
}
