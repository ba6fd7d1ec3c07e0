import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryFiles } from "../check/source.ts";
import { GENERATED, type Page, table } from "../page.ts";
import { ADDRESSES } from "./attacks/addresses.ts";
import { CREDENTIALS } from "./attacks/credentials.ts";
import { HTTP_SYNTAX } from "./attacks/http-syntax.ts";
import { LEAKS } from "./attacks/leaks.ts";
import { mentionedRows, testedRows } from "./attacks/mentions.ts";
import { NAMING } from "./attacks/naming.ts";
import { OPERATION } from "./attacks/operation.ts";
import { OWN_DOORS } from "./attacks/own-doors.ts";
import type { AttackRow } from "./attacks/row.ts";
import { withOpenRows } from "./attacks/security.ts";
import { WALLS } from "./attacks/walls.ts";

const ROOT = join(import.meta.dirname, "../..");
const SECTIONS = [NAMING, ADDRESSES, HTTP_SYNTAX, WALLS, CREDENTIALS, LEAKS, OPERATION, OWN_DOORS];
const ROWS = SECTIONS.flatMap((section) => section.rows);

type Status = "tests" | "partial" | "open" | "out of scope";

/**
 * docs/attacks.md and the list of open rows in SECURITY.md, from the catalogue and from the titles of tests. Throws when the
 * two do not agree.
 */
export function attackPages(): Page[] {
  const files = repositoryFiles(ROOT);
  const tested = testedRows(files);
  const problems = [
    ...ROWS.flatMap(({ row }, index) =>
      row === index + 1 ? [] : [`row ${row} stands where row ${index + 1} belongs`],
    ),
    ...ROWS.flatMap((row) => rowProblem(row, tested.get(row.row) ?? [])),
    ...files
      .filter(({ path }) => /^(?:src|test|bin|bench|scripts)\//.test(path) && !path.startsWith("scripts/docs/attacks"))
      .flatMap((file) => [...new Set(mentionedRows(file))].map((row) => ({ path: file.path, row })))
      .filter(({ row }) => row < 1 || row > ROWS.length)
      .map(({ path, row }) => `${path} names row ${row}; there are ${ROWS.length}`),
  ];
  if (problems.length > 0) throw new Error(`the attack catalogue is not right:\n${problems.join("\n")}`);

  const count = (status: Status) => ROWS.filter((row) => statusOf(row) === status).length;
  const sections = SECTIONS.map(({ title, rows }, index) => {
    const lines = rows.map((row) => [String(row.row), row.attack, row.must, shownBy(row, tested.get(row.row) ?? [])]);
    return `## ${index + 1}. ${title}\n\n${table(["#", "attack", "what must happen", "shown by"], lines)}\n`;
  });
  const text = `# Attacks

${GENERATED}

What an agent, or what it talks to, may try, and what must happen then. Comments in the source ("attack row 38") and
titles of tests ("row 38: ...") name the rows of this page. "Denied" means: an answer that says so, a line in the audit
log, and nothing looked up or dialled.

The last column says what shows it:

- **test files**: a test in each of them has the row in its title and fails when the attack works;
- **partial**: the tests show a part, and this is what is missing;
- **open**: nothing shows it, because the part that would be attacked, or the defence, is not built yet;
- **out of scope**: not defended against.

Of ${ROWS.length} rows ${count("tests")} are shown by tests and ${count("partial")} in part, ${count("open")} are open and ${count("out of scope")} out of scope.

Tests use stand-ins for resolvers and upstreams, loopback, and network namespaces that they made: nothing is tried on
anybody else.

${sections.join("\n")}`;
  const security = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  return [
    { path: "docs/attacks.md", text },
    { path: "SECURITY.md", text: withOpenRows(security, ROWS) },
  ];
}

function statusOf(row: AttackRow): Status {
  if (row.partial !== undefined) return "partial";
  if (row.open !== undefined) return "open";
  return row.outOfScope === undefined ? "tests" : "out of scope";
}

/** What is wrong between a row's own words and its tests; empty when they agree. */
function rowProblem(row: AttackRow, tests: readonly string[]): readonly string[] {
  const { row: number, partial, open, outOfScope } = row;
  if ([partial, open, outOfScope].filter((reason) => reason !== undefined).length > 1)
    return [`row ${number} is only one of partial, open and out of scope`];
  if (tests.length > 0) {
    return open === undefined && outOfScope === undefined
      ? []
      : [`row ${number} has a test (${tests.join(", ")}): say what is missing as partial, or nothing`];
  }
  if (partial !== undefined) return [`row ${number} is partial, but the title of no test names it`];
  return open === undefined && outOfScope === undefined
    ? [`row ${number} has neither a test whose title names it nor a reason`]
    : [];
}

function shownBy(row: AttackRow, tests: readonly string[]): string {
  const status = statusOf(row);
  const reason = row.partial ?? row.open ?? row.outOfScope;
  const files = tests.map((path) => `\`${path}\``);
  return [...files, ...(reason === undefined ? [] : [`**${status}**: ${reason}`])].join("<br>");
}
