import { printable, printableJson } from "../core/wire/printable.ts";
import { collectWork } from "../session/work/collect.ts";
import { type Collect, importBottleWork } from "../session/work/imported-work.ts";
import { leftOut } from "../session/work/left-out.ts";
import { writePatch } from "../session/work/patch.ts";
import { hasWork, selectWork } from "../session/work/selection.ts";
import { summarise, type WorkSummary } from "../session/work/summary.ts";
import { addShown, shownKey } from "../state/work-files.ts";
import { configurationDiff, configurationNote } from "./configuration-diff.ts";
import { sessionContext } from "./session-context.ts";
import { patchWriter } from "./terminal-patch.ts";
import { flag, text, type VerbRun } from "./verb.ts";

/** `bottle diff`: what lies between the snapshot and the agent's files as they are now. */
export const diff: VerbRun = diffBy(collectWork);

/** The verb with another way to get the work out of a bottle, and another place for a patch that no terminal shows. */
export function diffBy(collect: Collect, raw?: (piece: Buffer) => void): VerbRun {
  return async (input, io) => {
    if (flag(input, "config")) return configurationDiff(input, io);
    const context = sessionContext(io);
    const [name = "", ...paths] = input.positionals;
    const configuration = paths.length === 0 ? configurationNote(name, context) : null;
    await using all = await importBottleWork(name, collect, context);
    const from = text(input, "from") ?? null;
    const works = await selectWork(all, from);
    const changed = works.filter(hasWork);
    const summaries = await Promise.all(changed.map(summarise));
    // Who looked at a part has not seen the rest.
    if (paths.length === 0) {
      await addShown(all.folder, Object.fromEntries(works.map(({ base, work }) => [shownKey(base.path, from), work])));
    }
    if (text(input, "format") === "json") {
      io.out(
        `${printableJson({ schema: 1, bottle: name, repositories: summaries, leftOut: works.flatMap((work) => leftOut(all, work)) }, 2)}\n`,
      );
      return 0;
    }
    if (changed.length === 0) io.say(`${name}: no changes since it began`);
    for (const line of summaries.flatMap((summary) => describe(name, summary))) io.say(line);
    const others = works.filter((work) => !hasWork(work)).flatMap(({ refs }) => refs);
    for (const ref of others) io.say(otherRef(name, ref.name));
    for (const { path, why } of works.flatMap((work) => leftOut(all, work))) {
      io.say(`  not in it: ${printable(path, 200)}: ${why}`);
    }
    const note = await configuration;
    if (note !== null) io.say(note);
    const stat = flag(input, "stat") && !flag(input, "patch");
    const width = (io.stdoutIsTerminal && process.stdout.columns) || 80;
    const request = { what: stat ? "stat" : "patch", paths, binary: !io.stdoutIsTerminal, width } as const;
    for (const work of changed) {
      const writer = patchWriter(io, raw);
      if (stat && work.base.path !== "") io.out(`${printable(work.base.path)}:\n`);
      await writePatch(work, request, writer.write);
      writer.end();
    }
    return 0;
  };
}

const SHOWN_COMMITS = 20;

/** What people read before the patch, a line each. */
function describe(name: string, summary: WorkSummary): readonly string[] {
  const { repository, work, branch, commits, uncommitted, refs, concerns } = summary;
  const where = repository === "" ? "" : ` in ${printable(repository)}`;
  const on = branch === null ? "" : ` on ${printable(branch.replace("refs/heads/", ""), 100)}`;
  const count = commits.length === 1 ? "1 commit" : `${commits.length} commits`;
  const rest = uncommitted ? ", and changes that are not committed" : "";
  const shown = commits.slice(-SHOWN_COMMITS);
  const hidden = commits.length - shown.length;
  return [
    `work ${work}${where}: ${count}${on}${rest}`,
    ...(hidden > 0 ? [`  (${hidden} more before)`] : []),
    ...shown.map(
      ({ id, subject, author }) => `  ${id.slice(0, 10)} ${printable(subject, 100)} (${printable(author, 40)})`,
    ),
    ...refs.map((ref) => otherRef(name, ref.name)),
    ...concerns.map(
      ({ path, reason }) => `  ! ${printable(repository === "" ? path : `${repository}/${path}`, 200)}: ${reason}`,
    ),
  ];
}

function otherRef(name: string, ref: string): string {
  const short = printable(ref.replace(/^refs\/(?:heads|tags)\//, ""), 100);
  return `  also ${printable(ref, 100)}: bottle diff ${name} --from ${short}`;
}
