import { synopsis } from "../../src/cli/manual.ts";
import type { Term, Verb } from "../../src/cli/verb.ts";
import { verbs } from "../../src/cli/verbs.ts";
import { GENERATED, type Page, table } from "../page.ts";

function section(verb: Verb): string {
  const aliases = verb.aliases.length === 0 ? "" : ` (also: ${verb.aliases.map((alias) => `\`${alias}\``).join(", ")})`;
  const options = verb.options.map((option) => {
    const notes = [
      option.choices === undefined ? "" : `one of ${option.choices.map((choice) => `\`${choice}\``).join(", ")}`,
      option.repeatable === true ? "may be repeated" : "",
    ].filter((note) => note !== "");
    return [`\`${option.flags}\``, notes.length === 0 ? option.summary : `${option.summary}; ${notes.join("; ")}`];
  });
  const summary = `${verb.summary[0]?.toUpperCase() ?? ""}${verb.summary.slice(1)}${aliases}.`;
  return [
    `## bottle ${verb.name}`,
    `\`${synopsis(verb)}\``,
    summary,
    verb.details ?? "",
    options.length === 0 ? "" : table(["option", "meaning"], options),
    terms(["exit code", "meaning"], verb.exits),
    terms(["file", "meaning"], verb.files),
    terms(["variable", "meaning"], verb.environment),
    verb.examples.length === 0 ? "" : `\`\`\`sh\n${verb.examples.join("\n")}\n\`\`\``,
    (verb.seeAlso ?? []).length === 0
      ? ""
      : `See also: ${(verb.seeAlso ?? []).map((name) => `[${name}](#bottle-${name})`).join(", ")}.`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function terms(head: readonly string[], list: readonly Term[] = []): string {
  const rows = list.map(({ term, meaning }) => [`\`${term}\``, meaning]);
  return rows.length === 0 ? "" : table(head, rows);
}

/** docs/cli.md, from the table of verbs that the parser and the help use. */
export function cliPages(): Page[] {
  const shown = verbs.filter(({ hidden }) => hidden !== true);
  const overview = table(
    ["verb", "what it does"],
    shown.map((verb) => [`[${verb.name}](#bottle-${verb.name})`, verb.summary]),
  );
  const text = `# The command line

${GENERATED}

stdout carries data, stderr carries talk; \`--format json\` stands on every verb that reports. \`NO_COLOR\` is respected.
Nothing is asked when stdin or stdout is not a terminal. Exit codes are in [errors.md](errors.md).
\`bottle help VERB\`, and \`man bottle-VERB\` where the package is installed with npm, say the same.

${overview}

${shown.map(section).join("\n\n")}
`;
  return [{ path: "docs/cli.md", text }];
}
