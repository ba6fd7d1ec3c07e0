import { PACK_NAMES } from "../policy/packs.ts";
import { printable } from "../wire/printable.ts";
import { nearest } from "./nearest.ts";

/** What is wrong with a name of a rule pack that is none. */
export function unknownPack(word: string): string {
  const meant = nearest(word, PACK_NAMES);
  const guess = meant === null ? `there is: ${PACK_NAMES.join(", ")}` : `did you mean ${meant}?`;
  return `no rule pack is called ${printable(word, 64)}; ${guess}`;
}

/**
 * What `--allow WORD` means by a word without a dot: a rule pack, or a host as ever (null), or most probably a pack that
 * was mistyped, which a host of that name is told apart from by its port.
 */
export function packWord(word: string): { readonly pack: string } | { readonly wrong: string } | null {
  if (!/^[a-z0-9-]+$/i.test(word)) return null;
  if (PACK_NAMES.includes(word)) return { pack: word };
  if (nearest(word, PACK_NAMES) === null) return null;
  return { wrong: `${unknownPack(word)} A host of that name is written ${word}:443` };
}
