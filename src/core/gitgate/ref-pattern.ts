/** What a template of the manifest may name in its branches. */
const TEMPLATE = /\{([^{}]*)\}/g;

/** Why this cannot be a pattern of branches or tags; null: it can. */
export function refPatternProblem(text: string): string | null {
  if (text === "" || text.length > 200) return "1 to 200 characters";
  if (text.startsWith("refs/")) return "a name without refs/heads/ or refs/tags/";
  for (const [, word] of text.matchAll(TEMPLATE)) if (word !== "bottle") return "only {bottle} is filled in";
  // git-check-ref-format(1), with stars where a name may go on, and one name to fill in.
  const plain = text.replaceAll("{bottle}", "b");
  if (!/^[A-Za-z0-9._*][A-Za-z0-9._*+@/-]*$/.test(plain)) return "letters, digits, / . _ - + @, * and {bottle}";
  if (/\.\.|\/\/|\/\.|^\.|[/.]$|\.lock(?:\/|$)|@\{/.test(plain)) return "not the name of a ref (git check-ref-format)";
  return null;
}

/** The pattern for one bottle. */
export function fillPattern(pattern: string, bottle: string): string {
  return pattern.replaceAll("{bottle}", bottle);
}

/** Whether a name (without `refs/heads/`) fits: a `*` stands for one or more characters, slashes among them. */
export function fitsPattern(pattern: string, name: string): boolean {
  const source = pattern.split(/\*+/).map((piece) => piece.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${source.join(".+")}$`, "s").test(name);
}
