import { isName } from "../core/model/ids.ts";
import { isFields } from "../core/plan/fields.ts";
import type { Kept } from "./model.ts";

const MOST_TAGS = 8;
const LONGEST = 24;
const MOST_BOTTLES = 1000;

/** The tags of a bottle. */
export function tagsOf({ tags }: Pick<Kept, "tags">, name: string): readonly string[] {
  return Object.hasOwn(tags, name) ? (tags[name] ?? []) : [];
}

/** The tags in what was typed: words, each once. */
export function tagsIn(text: string): readonly string[] {
  const words = text.split(/[\s,]+/).map((word) => [...word.replace(/^#/, "")].slice(0, LONGEST).join(""));
  return [...new Set(words.filter((word) => word !== ""))].slice(0, MOST_TAGS);
}

/** What is kept, with other tags of one bottle; those that were changed longest ago are forgotten first. */
export function withTags(kept: Kept, name: string, tags: readonly string[]): Kept {
  const others = Object.entries(kept.tags).filter(([other]) => other !== name);
  const all = tags.length === 0 ? others : [...others, [name, tags] as const];
  return { ...kept, tags: Object.fromEntries(all.slice(-MOST_BOTTLES)) };
}

/** Tags as they were read from a file that anybody may have edited. */
export function readTags(value: unknown): Kept["tags"] {
  if (!isFields(value)) return {};
  const sound = Object.entries(value).flatMap(([name, tags]: [string, unknown]) => {
    const texts = Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
    return isName(name) && texts.length > 0 ? [[name, tagsIn(texts.join(" "))] as const] : [];
  });
  return Object.fromEntries(sound.slice(-MOST_BOTTLES));
}
