import assert from "node:assert/strict";
import { test } from "node:test";
import { withOpenRows } from "../../../scripts/docs/attacks/security.ts";

const BEGIN = "<!-- attacks: made by `npm run docs` from scripts/docs/attacks; edits here are lost -->";
const END = "<!-- end of attacks -->";
const PAGE = `# Security\n\n${BEGIN}\nwhat was there\n${END}\n\n## Reporting\n`;
const ROWS = [
  { row: 1, attack: "one", must: "x" },
  { row: 2, attack: "two|too", must: "x", open: "not built" },
  { row: 3, attack: "three", must: "x", partial: "half" },
  { row: 4, attack: "four", must: "x", outOfScope: "cannot be" },
];

test("every row that is not shown to fail stands in the security page with its reason, and no other", () => {
  const page = withOpenRows(PAGE, ROWS);
  for (const line of ["| 2 | two\\|too | not built |", "| 3 | three | half |", "| 4 | four | cannot be |"])
    assert.ok(page.includes(line), page);
  assert.ok(!page.includes("| one |") && !page.includes("what was there"));
  assert.ok(page.startsWith("# Security\n\n") && page.endsWith("\n\n## Reporting\n"));
  assert.equal(withOpenRows(page, ROWS), page);
  assert.match(withOpenRows(PAGE, ROWS.slice(0, 1)), /^Out of scope: .*: none\.$/m);
});

test("a page without one place for the list is refused", () => {
  for (const page of ["# Security\n", PAGE.replace(END, ""), `${PAGE}${PAGE}`])
    assert.throws(() => withOpenRows(page, ROWS), /SECURITY\.md must have one section/);
});
