import type { ListView } from "./model.ts";

/** What a view is called. */
export const VIEW_NAMES: Readonly<Record<Exclude<ListView, "all">, string>> = {
  needs: "needs you",
  working: "working",
  ended: "ended",
};
