import type { LeakFinding } from "../model/leak.ts";
import { type LeakSearch, searchText } from "./leak-scanner.ts";

/** A piece of a request's head, and what it is called in the log. */
export interface HeadPart {
  readonly where: string;
  /** Latin-1, as node:http gives it. */
  readonly text: string;
}

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
  const together = searchText(search, parts.map(({ text }) => text).join("\n"));
  if (together.length === 0) return [];
  const placed = parts.flatMap(({ where, text }) => searchText(search, text).map((finding) => ({ finding, where })));
  const spread = together.filter((one) => !placed.some(({ finding }) => isSame(finding, one)));
  return [...placed, ...spread.map((finding) => ({ finding, where: "head" }))];
}

function isSame(a: LeakFinding, b: LeakFinding): boolean {
  return a.kind === b.kind && a.name === b.name && a.fingerprint === b.fingerprint;
}
