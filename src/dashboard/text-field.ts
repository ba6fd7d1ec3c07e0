/** Text that is typed, and where in it (in UTF-16 units, never inside a character). */
export interface TextField {
  readonly text: string;
  readonly cursor: number;
}

const LONGEST = 20_000;

/** What a key makes of a field; null: it is no key of a field. */
export function typed<T extends TextField>(field: T, key: string): T | null {
  const { text, cursor } = field;
  const put = (next: string, at: number): T => ({ ...field, text: next, cursor: at });
  const before = text.slice(0, cursor);
  switch (key) {
    case "space":
      return inserted(field, " ");
    case "left":
    case "ctrl-b":
      return put(text, cursor - last(before));
    case "right":
    case "ctrl-f":
      return put(text, cursor + ([...text.slice(cursor)][0]?.length ?? 0));
    case "home":
    case "ctrl-a":
      return put(text, 0);
    case "end":
    case "ctrl-e":
      return put(text, text.length);
    case "backspace":
      return put(before.slice(0, cursor - last(before)) + text.slice(cursor), cursor - last(before));
    case "delete":
    case "ctrl-d":
      return put(before + [...text.slice(cursor)].slice(1).join(""), cursor);
    case "ctrl-u":
      return put(text.slice(cursor), 0);
    case "ctrl-k":
      return put(before, cursor);
    case "ctrl-w": {
      const kept = before.replace(/\S*\s*$/, "");
      return put(kept + text.slice(cursor), kept.length);
    }
    default:
      return [...key].length === 1 ? inserted(field, key) : null;
  }
}

/** The field with `more` at its cursor. */
export function inserted<T extends TextField>(field: T, more: string): T {
  const room = Math.max(0, LONGEST - field.text.length);
  const fits =
    more.length <= room ? more : [...more.slice(0, room)].filter((c) => !/^[\ud800-\udfff]$/.test(c)).join("");
  const text = field.text.slice(0, field.cursor) + fits + field.text.slice(field.cursor);
  return { ...field, text, cursor: field.cursor + fits.length };
}

function last(text: string): number {
  return [...text].at(-1)?.length ?? 0;
}
