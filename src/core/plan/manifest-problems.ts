import { BottleError } from "../model/errors.ts";
import type { Problem } from "../model/finding.ts";
import { printable } from "../wire/printable.ts";

/** `file:line:column: path: message (hint)`, on one line; text from the file is escaped for a terminal. */
export function formatProblem(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path === "" ? "" : `${problem.path}: `;
  const hint = problem.hint === undefined ? "" : ` (${problem.hint})`;
  return printable(`${where}: ${path}${problem.message}${hint}`, 2048);
}

/** More than anybody mends at once: a hostile file could hold as many problems as a terminal remembers lines. */
const SHOWN = 100;

/** MANIFEST_INVALID with every problem, one a line, up to `SHOWN`; `facts` has all. */
export function manifestError(message: string, problems: readonly Problem[]): BottleError {
  const lines = problems.slice(0, SHOWN).map((problem) => `  ${formatProblem(problem)}`);
  if (problems.length > SHOWN) lines.push(`  and ${problems.length - SHOWN} more`);
  return new BottleError("MANIFEST_INVALID", [`${message}:`, ...lines].join("\n"), {
    hint: "docs/manifest.md describes every key",
    facts: { problems },
  });
}
