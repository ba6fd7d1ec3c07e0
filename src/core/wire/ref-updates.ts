import type { RefUpdate } from "../model/git-gate.ts";

/** More of one push is refused by its limits long before. */
const MOST = 10_000;
const ID = "(?:[0-9a-f]{40}|[0-9a-f]{64})";
const LINE = new RegExp(`^(${ID}) (${ID}) (refs/[\\x21-\\xff]{1,1000})$`);

/**
 * What git hands to a pre-receive hook (githooks(5)): `old new ref` a line. The names are an agent's, which git checked
 * (git-check-ref-format(1)); what does not look so is null. Bytes as Latin-1.
 */
export function readRefUpdates(text: string): readonly RefUpdate[] | null {
  if (text === "") return [];
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines.length > MOST) return null;
  const updates: RefUpdate[] = [];
  for (const line of lines) {
    const [, from, to, ref] = LINE.exec(line) ?? [];
    if (from === undefined || to === undefined || ref === undefined || from.length !== to.length) return null;
    if (/[ ~^:?*[\\\x7f]|\.\.|@\{|\/\/|\/$|\.$/.test(ref)) return null;
    updates.push({ ref, from, to });
  }
  return new Set(updates.map(({ ref }) => ref)).size === updates.length ? updates : null;
}
