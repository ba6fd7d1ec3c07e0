import type { LeakFinding } from "../model/leak.ts";
import { type LeakSearch, searchText } from "./leak-scanner.ts";

export { IN_PIECES } from "./views/field-lane.ts";

/** A piece of a request's head, and what it is called in the log. */
export interface HeadPart {
  readonly where: string;
  /** Latin-1, as node:http gives it. */
  readonly text: string;
  /** So many characters of the text are the field's name, which `where` repeats. Absent: none. */
  readonly named?: number;
  /** Names and values, over which something may be cut: `a=x&b=y`, or a cookie. It is searched by itself too. */
  readonly fields?: true;
}

/** A field of which the name is a secret or holds one. No name of a field has a blank. */
const SECRET_NAME = "header (its name)";

/** A finding and the part that it stands in; `head` where it stands over several. */
export interface PlacedFinding {
  readonly finding: LeakFinding;
  readonly where: string;
}

/**
 * Searches all parts of a head, before anything is looked up (attack row 105). All are searched together first: nearly
 * every head is clean, and what was spread over parts is found.
 */
export function searchHead(search: LeakSearch, parts: readonly HeadPart[]): readonly PlacedFinding[] {
  const together = [
    ...searchText(search, parts.map(({ text }) => text).join("\n")),
    ...parts.flatMap(({ text, fields }) => (fields === true ? searchText(search, text) : [])),
  ];
  if (together.length === 0) return [];
  const placed = parts.flatMap(({ where, text, named = 0 }) => {
    const found = searchText(search, text);
    // In small letters a name is not what it was: no search of the log's lines would take it out.
    const place = found.some(({ start }) => start < named) ? SECRET_NAME : where;
    return found.map((finding) => ({ finding, where: place }));
  });
  const spread = together.filter((one) => !placed.some(({ finding }) => isSame(finding, one)));
  return [...placed, ...spread.map((finding) => ({ finding, where: "head" }))];
}

function isSame(a: LeakFinding, b: LeakFinding): boolean {
  return a.kind === b.kind && a.name === b.name && a.fingerprint === b.fingerprint;
}
