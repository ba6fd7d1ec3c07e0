import { type ParsedFile, parse, type SourceFile } from "../../check/source.ts";

/** `7`, `7, 9`, `7, row 9`, `7 and 9`, `7 to 9`, and these together. */
const LIST = String.raw`\d+(?:(?:, (?:rows? )?| and | to )\d+)*`;
const MENTION = new RegExp(String.raw`\brows? (${LIST})`, "gi");
/** A title begins so, or behind a substitution (`${mode}: row 7: ...`); in a table of cases it may be the whole text. */
const TITLE = new RegExp(`^(?:: )?rows? (${LIST})(?::|$)`);
const LIKE_TITLE = /^(?:: )?rows? \d/i;

/** The numbers that a list names. */
function numbers(list: string): readonly number[] {
  return list.split(/, (?:rows? )?| and /).flatMap((part) => {
    const [first = 0, last = first] = part.split(" to ").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Every row that a comment or text of this file names. */
export function mentionedRows(file: SourceFile): readonly number[] {
  // A list may go on in the comment's next line.
  const text = file.text.replace(/\n\s*(?:\*|\/\/|#)?\s*/g, " ");
  return [...text.matchAll(MENTION)].flatMap(([, list = ""]) => numbers(list));
}

/** Rows by number, with the files below test/ that have a test whose title names them. */
export function testedRows(files: readonly SourceFile[]): ReadonlyMap<number, readonly string[]> {
  const tested = new Map<number, Set<string>>();
  for (const file of files) {
    if (!file.path.startsWith("test/") || !file.path.endsWith(".ts")) continue;
    for (const row of titleRows(parse(file))) tested.set(row, (tested.get(row) ?? new Set()).add(file.path));
  }
  return new Map([...tested].map(([row, paths]) => [row, [...paths].sort()]));
}

function titleRows({ path, literals }: ParsedFile): readonly number[] {
  return literals.flatMap(({ value, line }) => {
    const list = TITLE.exec(value)?.[1];
    if (list !== undefined) return numbers(list);
    // It would count for nothing without anybody seeing it.
    if (LIKE_TITLE.test(value))
      throw new Error(`${path}:${line}: a title names rows as "row 7: ..." or "rows 7, 9: ..."`);
    return [];
  });
}
