import type { LeakFinding } from "../model/leak.ts";
import { createLeakScanner, type LeakSearch } from "./leak-scanner.ts";

/** Everything found in one text (Latin-1, as node:http gives it). */
export function searchText(search: LeakSearch, text: string): readonly LeakFinding[] {
  return searchBytes(search, Buffer.from(text, "latin1"));
}

/** Everything found in these bytes, which are whole. */
export function searchBytes(search: LeakSearch, bytes: Uint8Array): readonly LeakFinding[] {
  const found: LeakFinding[] = [];
  const scanner = createLeakScanner(search, (finding) => {
    found.push(finding);
    return "pass";
  });
  scanner.push(bytes);
  scanner.flush();
  return found;
}
