import type { ItemView } from "./model.ts";

/** It is asked in words, and can be answered in some. */
export function isQuestion({ kind }: Pick<ItemView, "kind">): boolean {
  return kind === "review" || kind === "capability";
}
