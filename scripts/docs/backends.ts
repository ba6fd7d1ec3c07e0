import { BACKEND_NAMES, loadBackend } from "../../src/backends/builtins.ts";
import { CHAPTERS } from "../../test/contract/chapters.ts";
import { SHOWN_COLUMNS, SMOLVM_RELEASES, smolvmColumn } from "../../test/contract/columns.ts";
import { TRIED_AND_REFUSED } from "../../test/contract/refused.ts";
import { recordedResults } from "../../test/contract/results.ts";
import { GENERATED, type Page, table } from "../page.ts";

/** docs/backends.md: what each backend can do, and what the contract has shown of each, from the results on record. */
export async function backendPages(): Promise<Page[]> {
  const backends = await Promise.all(BACKEND_NAMES.map(loadBackend));
  const abilities = table(
    ["backend", "gateway runs", "workspaces", "limits kept by", "may be chosen", "commands at once"],
    backends.map(({ name, capabilities }) => [
      name,
      capabilities.services.map((place) => (place === "host" ? "in the host process" : "in a sidecar")).join(", or "),
      capabilities.workspace.join(", "),
      capabilities.limits === "host" ? "the host process (control groups)" : "the engine",
      capabilities.options.join(", ") || "nothing",
      String(capabilities.maxExecs),
    ]),
  );
  const columns = SHOWN_COLUMNS.map((column) => ({ column, results: recordedResults(column) }));
  const notes: string[] = [];
  const chapters = CHAPTERS.map(({ title, clauses }) => {
    const rows = clauses.map((clause) => [
      promise(clause.title),
      ...columns.map(({ results }) => cell(results?.clauses[clause.id], notes)),
    ]);
    return `## ${capital(title)}\n\n${table(["promise", ...columns.map(({ column }) => column)], rows)}`;
  });
  const refused = table(
    ["what", "what happens", "why", "shown by"],
    TRIED_AND_REFUSED.map(({ what, outcome, why, test }) => [
      what,
      outcome,
      why,
      test === null ? "by hand" : `\`${test}\``,
    ]),
  );
  const fakes = table(
    ["smolvm", "kept", "not kept, or not run"],
    SMOLVM_RELEASES.map((release) => fakeRow(release)),
  );
  const shownOn = columns.map(({ column, results }) => `- ${column}: ${results?.on ?? "nothing on record"}`);
  const text = `# Backends

${GENERATED}

The same commands work on every backend, and one contract (\`test/contract\`) holds each of them to the same promises. This page
is made from what runs of that contract showed (\`test/contract/results\`, written by \`npm run record-contract\`); a promise that
is on record as kept and is not kept any more fails the tests. "yes" means that a test showed it on a real bottle,
"not run" that the machine lacked what the test needs.

${abilities}

What is below was shown on:

${shownOn.join("\n")}

${chapters.join("\n\n")}

## smolmachines, by release of smolvm

No machine of a real smolvm was started yet: this is what runs over a fake one showed, which follows what was read of each release
([smolmachines.md](smolmachines.md)).

${fakes}

## Tried, and refused

${refused}
${notes.length === 0 ? "" : `\n## Notes\n\n${notes.map((note, index) => `${index + 1}. ${note}`).join("\n")}\n`}`;
  return [{ path: "docs/backends.md", text }];
}

/** How many promises were kept over the fake smolvm of a release, and which were not. */
function fakeRow(release: string): string[] {
  const shown = recordedResults(smolvmColumn(release))?.clauses ?? {};
  const clauses = CHAPTERS.flatMap((chapter) => chapter.clauses);
  const others = clauses.flatMap(({ id, title }) => {
    const outcome = shown[id] ?? "not run";
    return outcome === "holds" ? [] : [`${promise(title)}: ${outcome.replace(/^exempt: /, "")}`];
  });
  return [release, `${clauses.length - others.length} of ${clauses.length}`, others.join("<br>") || "none"];
}

/** A title without the parts and attack rows that it shows. */
function promise(title: string): string {
  return title.replace(/^(?:(?:rows?|parts?) [\w, ]+: )+/, "");
}

function cell(outcome: string | undefined, notes: string[]): string {
  if (outcome === undefined) return "not run";
  if (outcome === "holds") return "yes";
  const [word = "", ...why] = outcome.split(": ");
  const note = capital(`${why.join(": ")}.`);
  if (!notes.includes(note)) notes.push(note);
  return `${word === "exempt" ? "no" : "fails"} (${notes.indexOf(note) + 1})`;
}

function capital(text: string): string {
  return `${text[0]?.toUpperCase() ?? ""}${text.slice(1)}`;
}
