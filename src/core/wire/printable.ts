/**
 * Characters that must not reach a terminal or a list unescaped: C0 and C1 controls, DEL, line and paragraph
 * separators, bidirectional overrides and isolates (CVE-2021-42574), zero-width characters, fillers and tags that take
 * no room (whole sentences can be hidden in tags), the byte order mark and lone surrogates. Variation selectors stay: they
 * are a part of emoji.
 */
const UNPRINTABLE =
  /[\udb40-\udb43][\udc00-\udfff]|\u034f|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** `text` on one line, safe for a terminal, a list or a log: every unprintable character becomes `\xNN` or `\u{NNNN}`. */
export function printable(text: string, maxLength = 4096): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** As `printable`, for text of several lines: LF and TAB stay, CR LF becomes LF. */
export function printableLines(text: string, maxLength = 1 << 20): string {
  return text
    .slice(0, maxLength)
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) =>
      line
        .split("\t")
        .map((part) => printable(part, maxLength))
        .join("\t"),
    )
    .join("\n");
}

/** JSON of `value` that says the same to a program, and is safe for a terminal. LF stands only between its parts. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNPRINTABLE, (character) =>
    character === "\n"
      ? character
      : [...Array(character.length).keys()]
          .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
          .join(""),
  );
}
