import { encodedForms } from "../../../src/core/leaks/forms.ts";
import { escapesOf } from "./escaped-characters.ts";

/** One character of a form, in all its spellings; what may stand before it. */
interface Step {
  readonly spellings: readonly string[];
  readonly gap: RegExp | null;
}

const LINE = /(?:\r?\n[ \t]{0,16}|\r$)/y;
const SEPARATORS = /[\t\n\r ,.:;_|-]{1,16}(?:0x|0$)?/y;

/**
 * The slow and plain meaning of searching, for values without characters that begin an escape, in texts with escapes
 * of one layer: from every place each form is followed, character by character.
 */
export class SlowSearch {
  readonly #forms: readonly (readonly Step[])[];

  constructor(values: readonly string[]) {
    this.#forms = values.flatMap((value) =>
      encodedForms(value).map(({ bytes, breaks }) => {
        // An é is one character of two bytes.
        const units = fold(bytes).match(/\u00c3\u00a9|./gs) ?? [];
        return units.map((unit, i) => {
          const byLine = breaks === "lines" && i >= 3 ? LINE : null;
          const gap = breaks === "bytes" && i > 0 && i % 2 === 0 ? SEPARATORS : byLine;
          return { spellings: spellingsOf(unit), gap };
        });
      }),
    );
  }

  /** The text with a star for every byte that lies in any occurrence of any form. */
  masked(text: Buffer): string {
    const out = Buffer.from(text);
    this.#everywhere(text, (start, end) => out.fill("*", start, end));
    return out.toString("latin1");
  }

  /** How many bytes at the end may begin an occurrence. The text ends with a whole character. */
  held(text: Buffer): number {
    let from = text.length;
    this.#everywhere(
      text,
      () => {},
      (start) => {
        from = Math.min(from, start);
      },
    );
    return text.length - from;
  }

  #everywhere(text: Buffer, found: (start: number, end: number) => void, open: (start: number) => void = () => {}) {
    const folded = fold(text);
    for (let start = 0; start < folded.length; start++) {
      for (const form of this.#forms)
        follow(
          folded,
          form,
          start,
          0,
          true,
          (end) => found(start, end),
          () => open(start),
        );
    }
  }
}

function follow(
  text: string,
  form: readonly Step[],
  at: number,
  index: number,
  mayBreak: boolean,
  found: (end: number) => void,
  open: () => void,
): void {
  const step = form[index];
  if (step === undefined) {
    found(at);
    return;
  }
  const [raw = ""] = step.spellings;
  if (at + raw.length > text.length && raw.startsWith(text.slice(at))) open();
  for (const spelling of /[%\\&]/.test(text[at] ?? "") ? step.spellings : [raw]) {
    if (text.startsWith(spelling, at)) follow(text, form, at + spelling.length, index + 1, true, found, open);
  }
  if (step.gap === null || !mayBreak) return;
  step.gap.lastIndex = at;
  const gap = step.gap.exec(text)?.[0] ?? "";
  if (gap === "") return;
  // The 0 of a 0x that is not whole may as well be a digit.
  if (gap.endsWith("0")) follow(text, form, at + gap.length - 1, index, false, found, open);
  follow(text, form, at + gap.length, index, false, found, open);
}

const known = new Map<string, readonly string[]>();

function spellingsOf(unit: string): readonly string[] {
  // Of a byte that is no character alone only the byte itself is in the texts.
  if (unit.length === 1 && unit > "\x7f") return [unit];
  const character = unit.length === 2 ? "é" : unit;
  const spellings = known.get(unit) ?? [
    unit,
    ...[character, character.toUpperCase()].flatMap(escapesOf).map((it) => fold(Buffer.from(it))),
  ];
  known.set(unit, spellings);
  return spellings;
}

function fold(bytes: Buffer): string {
  // `\U` is another escape than `\u`.
  return bytes.toString("latin1").replace(/\\U|[A-Z]/g, (it) => (it === "\\U" ? it : it.toLowerCase()));
}
