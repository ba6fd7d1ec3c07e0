import { randomBytes } from "node:crypto";
import { manifestSchema } from "../core/model/manifest.ts";
import { keysAt } from "../core/model/manifest-keys.ts";
import { type PlacedProblem, wordIssues } from "./manifest-issues.ts";
import type { Path } from "./manifest-text.ts";

/** Names stand in names (a credential in a bottle), and nowhere deeper. */
const ROUNDS = 4;

/**
 * What the schema finds wrong in `value`. It does not look into what has no proper name, so such an entry gets a
 * stand-in for its name and the schema another look: a bad name hides nothing below it.
 */
export function schemaProblems(value: unknown): readonly PlacedProblem[] {
  const given = new Map<string, string>();
  const problems: PlacedProblem[] = [];
  let current = value;
  for (let round = 1; ; round += 1) {
    const issues = manifestSchema.safeParse(current).error?.issues ?? [];
    const unnamed = round < ROUNDS ? issues.filter(({ code }) => code === "invalid_key") : [];
    const told = unnamed.length > 0 ? unnamed : issues;
    for (const problem of wordIssues(told, keysAt)) {
      problems.push({ ...problem, path: problem.path.map((part) => given.get(String(part)) ?? part) });
    }
    if (unnamed.length === 0) return problems;
    const names = new Map<string, string>();
    for (const { path } of unnamed) {
      const standIn = `x${randomBytes(8).toString("hex")}`;
      given.set(standIn, String(path.at(-1)));
      names.set(JSON.stringify(path), standIn);
    }
    current = renamed(current, [], names);
  }
}

/** `value` with the keys at these paths called otherwise. */
function renamed(value: unknown, path: Path, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const below = [...path, key];
      return [names.get(JSON.stringify(below)) ?? key, renamed(inner, below, names)];
    }),
  );
}
