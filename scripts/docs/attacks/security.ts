import { table } from "../../page.ts";
import type { AttackRow } from "./row.ts";

const BEGIN = "<!-- attacks: made by `npm run docs` from scripts/docs/attacks; edits here are lost -->";
const END = "<!-- end of attacks -->";

/** SECURITY.md with its list of what no test shows to fail, from the catalogue. Throws when it has no place for it. */
export function withOpenRows(text: string, rows: readonly AttackRow[]): string {
  const [before, rest, ...more] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`SECURITY.md must have one section between\n${BEGIN}\nand\n${END}`);
  }
  const sections = [
    section("Open: the defence, or the part that would be attacked, is not built yet", rows, ({ open }) => open),
    section("Shown in part: this is what tests do not show", rows, ({ partial }) => partial),
    section("Out of scope: not defended against", rows, ({ outOfScope }) => outOfScope),
  ];
  return `${before}${BEGIN}\n\n${sections.join("\n\n")}\n\n${END}${after}`;
}

function section(title: string, rows: readonly AttackRow[], reasonOf: (row: AttackRow) => string | undefined): string {
  const lines = rows.flatMap((row) => {
    const reason = reasonOf(row);
    return reason === undefined ? [] : [[String(row.row), row.attack, reason]];
  });
  return lines.length === 0 ? `${title}: none.` : `${title}:\n\n${table(["#", "attack", "why"], lines)}`;
}
