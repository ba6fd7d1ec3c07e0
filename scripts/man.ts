import { type Block, type Manual, manualOf, programManual } from "../src/cli/manual.ts";
import { OVERVIEW } from "../src/cli/parse.ts";
import { verbs } from "../src/cli/verbs.ts";
import type { Page } from "./page.ts";

/** The manual pages that the published package brings, from the table of verbs: `man/bottle.1`, `man/bottle-start.1`, ... */
export function manualPages(version: string): Page[] {
  const manuals = [programManual(OVERVIEW, verbs), ...verbs.filter((verb) => !verb.hidden).map(manualOf)];
  return manuals.map((manual) => ({ path: `man/${manual.name}.1`, text: roff(manual, version) }));
}

/** man(7), as groff and mandoc read it. */
export function roff(manual: Manual, version: string): string {
  const lines = [
    '.\\" Made by npm run build from the table of verbs.',
    `.TH ${quoted(manual.name.toUpperCase())} 1 "" ${quoted(`bot-bottle ${version}`)} "bot-bottle"`,
    // No hyphenation and no stretched lines: words are there to be copied.
    ".nh",
    ".ad l",
  ];
  for (const { title, blocks } of manual.sections) {
    lines.push(`.SH ${quoted(title)}`);
    if (title === "NAME") lines.push(`${escaped(manual.name)} \\- ${escaped(manual.summary)}`);
    else lines.push(...blocks.flatMap(blockLines));
  }
  return `${lines.join("\n")}\n`;
}

function blockLines(block: Block): readonly string[] {
  switch (block.kind) {
    case "text":
      return block.text.split("\n").flatMap((paragraph) => [".PP", line(paragraph)]);
    case "lines":
      return [".PP", ".nf", ...block.lines.map(line), ".fi"];
    case "terms":
      return block.terms.flatMap(({ term, meaning }) => [".TP", `\\fB${escaped(term)}\\fR`, line(meaning)]);
  }
}

/** A line of text: what would be a request at its beginning is not one (groff_man(7)). */
function line(text: string): string {
  return /^[.']/.test(text) ? `\\&${escaped(text)}` : escaped(text);
}

/** Backslashes, and the characters that roff would print as typographic ones. */
function escaped(text: string): string {
  const SPECIAL: Readonly<Record<string, string>> = {
    "\\": "\\(rs",
    "-": "\\-",
    "'": "\\(aq",
    "`": "\\(ga",
    "^": "\\(ha",
    "~": "\\(ti",
  };
  return text.replace(/[\\\-'`^~]/g, (char) => SPECIAL[char] ?? char);
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', "\\(dq")}"`;
}
