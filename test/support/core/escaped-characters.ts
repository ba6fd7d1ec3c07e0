const NAMES: Readonly<Record<string, string>> = { "+": "plus", "/": "sol", "&": "amp", "=": "equals", "%": "percnt" };
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\t": "\\t", " ": "+" };

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");

/** The escapes that encoders write for one character. */
export function escapesOf(character: string): readonly string[] {
  const code = character.codePointAt(0) ?? 0;
  const units = [...Array(character.length).keys()].map((i) => character.charCodeAt(i));
  const bytes = [...Buffer.from(character)];
  return [
    bytes.map((byte) => `%${hex(byte, 2)}`).join(""),
    bytes.map((byte) => `%${hex(byte, 2).toUpperCase()}`).join(""),
    bytes.map((byte) => `\\x${hex(byte, 2)}`).join(""),
    bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(""),
    units.map((unit) => `\\u${hex(unit, 4)}`).join(""),
    units.map((unit) => `%u${hex(unit, 4).toUpperCase()}`).join(""),
    `\\u{${hex(code, 1)}}`,
    `\\U${hex(code, 8)}`,
    `&#${code};`,
    `&#000${code};`,
    `&#x${hex(code, 1)};`,
    `&#X${hex(code, 6).toUpperCase()};`,
    ...(NAMES[character] === undefined ? [] : [`&${NAMES[character]};`]),
    ...(SHORT[character] === undefined ? [] : [SHORT[character]]),
    ...(/[!-/:-@[-`{-~]/.test(character) ? [`\\${character}`] : []),
  ];
}
