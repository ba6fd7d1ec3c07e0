/** Keys from the root of a file. */
type Keys = readonly string[];

/**
 * What an untrusted project's file may say (attack row 141): new agents, with a provider and instructions. An allow-list
 * by position, so that a key of a later schema is refused until somebody decides that it is harmless.
 */
function isHarmless(path: Keys): boolean {
  const [section, , key] = path;
  if (path.length === 1) return section === "agents" || section === "$schema";
  if (section !== "agents") return false;
  return path.length === 2 || (path.length === 3 && (key === "provider" || key === "prompt"));
}

/** Paths of all keys that a project's file may not hold; what lies below such a key is not listed again. */
export function forbiddenKeys(value: unknown, path: Keys = []): readonly Keys[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = [...path, key];
    return isHarmless(below) ? forbiddenKeys(inner, below) : [below];
  });
}
