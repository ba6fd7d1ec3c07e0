import { hash } from "node:crypto";
import type { Item, Shown } from "./item.ts";

const DIGITS = 12;

/**
 * What a yes is bound to: 12 hex digits over everything that is shown of an item but its count and its times. Who said
 * yes to something else is told so (attack rows 132, 144).
 */
function reviewCode(shown: Shown): string {
  const { bottle, id, kind, need, title, seen, words, adds, flags, answers, command, request } = shown;
  const what = request && { ...request, createdAt: null, expiresAt: null, asked: request.asked?.words ?? null };
  const flagged = flags.map(({ code, text, stops }) => [code, text, stops]);
  const parts = [bottle, id, kind, need, title, seen, words, adds, flagged, answers, command, canonical(what)];
  return hash("sha256", JSON.stringify(parts)).slice(0, DIGITS);
}

/** The item with its code. */
export function reviewed(shown: Omit<Item, "review">): Item {
  return { ...shown, review: reviewCode(shown) };
}

/** True for a code as `reviewCode` makes it. */
export function isReviewCode(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{12}$/.test(value);
}

/** The same for the same value, in whatever order its keys came from a file. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)]);
}
