import type { z } from "zod";
import { nearest } from "../core/plan/nearest.ts";
import type { Path } from "./manifest-text.ts";

type Issue = z.core.$ZodIssue;

/** Something wrong in a file, before it has a line and column. */
export interface PlacedProblem {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  readonly at: "key" | "value";
}

/** Keys of later versions: naming one says so, instead of guessing what else was meant. */
const LATER: Readonly<Record<string, string>> = {
  leak: "leak actions",
  leaks: "leak actions",
  budget: "byte budgets",
};

/** The schema's findings in words for an operator. `keysAt` gives the known keys of the object at a path. */
export function wordIssues(
  issues: readonly Issue[],
  keysAt: (path: Path) => readonly string[],
): readonly PlacedProblem[] {
  return issues.flatMap((issue) => wordIssue(issue, [], keysAt));
}

function wordIssue(issue: Issue, above: Path, keysAt: (path: Path) => readonly string[]): readonly PlacedProblem[] {
  const path: Path = [...above, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(path, key, keysAt(path)));
    case "invalid_key":
      return [{ path, message: issue.issues[0]?.message ?? "not a name", at: "key" }];
    case "invalid_union": {
      // The branch that fits the kind of the value says what is wrong inside it.
      const fitting = issue.errors.filter((branch) => !branch.some(isAboutKind));
      const [only] = fitting;
      if (fitting.length === 1 && only !== undefined) return only.flatMap((inner) => wordIssue(inner, path, keysAt));
      return [{ path, message: issue.message, at: "value" }];
    }
    case "invalid_type":
      return [typeProblem(issue, path)];
    case "invalid_value":
      return [
        {
          path,
          message: issue.message.startsWith("Invalid") ? `expected ${list(issue.values)}` : issue.message,
          at: "value",
        },
      ];
    case "too_big":
      return [{ path, message: `too large: at most ${issue.maximum}`, at: "value" }];
    case "too_small":
      return [{ path, message: `too small: at least ${issue.minimum}`, at: "value" }];
    default:
      return [{ path, message: issue.message, at: "value" }];
  }
}

function isAboutKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function typeProblem(issue: z.core.$ZodIssueInvalidType, path: Path): PlacedProblem {
  const missing = issue.message.endsWith("received undefined");
  const name = path.at(-1);
  if (missing && typeof name === "string") return { path, message: `${name} is missing`, at: "value" };
  return { path, message: `expected ${KINDS[issue.expected] ?? issue.expected}`, at: "value" };
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  object: "an object",
  record: "an object",
  array: "a list",
  boolean: "true or false",
  number: "a number",
  int: "a whole number",
};

function unknownKey(path: Path, key: string, known: readonly string[]): PlacedProblem {
  const at = { path: [...path, key], at: "key" } as const;
  const later = Object.hasOwn(LATER, key) ? LATER[key] : undefined;
  if (later !== undefined) return { ...at, message: `not in this version of bot-bottle: ${later}` };
  const meant = nearest(key, known);
  const hint = meant === null ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`;
  return { ...at, message: `unknown key ${JSON.stringify(key.slice(0, 64))}`, hint };
}

function list(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(" or ");
}
